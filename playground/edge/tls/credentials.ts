/* What the parts of one run show each other: two authorities, so that a web certificate opens no log. */
import { type EdgeConfig, namesOf } from "../config.js";
import { MESH_NAME } from "../pop/mesh-name.js";
import { type KeyPair, newAuthority } from "./authority.js";

export interface Credentials {
	/** Whom clients trust: PEM. */
	readonly authority: string;
	/** Shown to clients. */
	readonly edge: KeyPair;
	/** As `edge`, until yesterday. */
	readonly expired: KeyPair;
	/** Whom PoPs and the main region trust: PEM. */
	readonly meshAuthority: string;
	/** Shown by the main region to PoPs. */
	readonly mesh: KeyPair;
	/** Shown by each PoP to the main region; its subject is its name. */
	readonly pops: ReadonlyMap<string, KeyPair>;
}

export async function issueCredentials(config: EdgeConfig): Promise<Credentials> {
	const web = await newAuthority("Playground edge, this run");
	const mesh = await newAuthority("Playground mesh, this run");
	const names = Object.values(namesOf(config));
	const pops = new Map<string, KeyPair>();
	for (const { name } of config.pops) pops.set(name, await mesh.issue([name]));
	const shown = [...names, ...names.map((name) => `*.${name}`)];
	return {
		authority: web.cert,
		edge: await web.issue(shown),
		expired: await web.issue(shown, "expired"),
		meshAuthority: mesh.cert,
		mesh: await mesh.issue([MESH_NAME]),
		pops,
	};
}
