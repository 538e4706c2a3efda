/* From a PoP to Applink: plainly in the main region, from elsewhere through the link, over mutual TLS. */
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { Target } from "../balancer.js";
import { ALPN, type MainRegion } from "./main-region.js";
import { dialMesh, type MeshCredentials } from "./mesh-dial.js";

export interface AppWay {
	/** Now; asked again and again. */
	readonly targets: () => readonly Target[];
	/** Null: plainly. */
	readonly mesh: MeshCredentials | null;
}

/** `link`: null in the main region. */
export function appWay(link: Target | null, main: MainRegion, mesh: MeshCredentials): AppWay {
	if (link === null) return { targets: () => main.apps.applink.targets, mesh: null };
	return { targets: () => [{ host: link.host, port: link.port }], mesh };
}

/** Null: nobody is there. */
export function dialApplink({ targets, mesh }: AppWay): Duplex | null {
	const all = targets();
	const target = all[Math.floor(Math.random() * all.length)];
	if (target === undefined) return null;
	if (mesh === null) return connect({ ...target, noDelay: true });
	return dialMesh(target, mesh, ALPN.link);
}
