/*
 * An authority for one run: it signs what the edge shows to clients, or what PoPs show to each other, and
 * is forgotten with the process. Keys are in memory alone; nothing is written anywhere.
 */
import { generate } from "selfsigned";

/** PEM. */
export interface KeyPair {
	readonly key: string;
	readonly cert: string;
}

export interface Authority {
	/** Whom to trust: PEM. */
	readonly cert: string;
	/** `names`: of hosts, wildcards too; the first is the subject. */
	issue(names: readonly string[], is?: "good" | "expired"): Promise<KeyPair>;
}

const DAY_MS = 86_400_000;
const EC = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;

export async function newAuthority(name: string): Promise<Authority> {
	const own = await generate([{ name: "commonName", value: name }], {
		...EC,
		...validity(),
		extensions: [
			{ name: "basicConstraints", cA: true, critical: true },
			{ name: "keyUsage", keyCertSign: true, critical: true },
		],
	});
	const ca = { key: own.private, cert: own.cert };
	return {
		cert: own.cert,
		issue: async (names, is = "good") => {
			const [subject = "nobody"] = names;
			const made = await generate([{ name: "commonName", value: subject }], {
				...EC,
				...(is === "good" ? validity() : bygone()),
				ca,
				extensions: [
					{ name: "basicConstraints", cA: false },
					{ name: "keyUsage", digitalSignature: true, critical: true },
					{ name: "extKeyUsage", serverAuth: true, clientAuth: true },
					{ name: "subjectAltName", altNames: names.map((value) => ({ type: 2, value })) },
				],
			});
			return { key: made.private, cert: made.cert };
		},
	};
}

/** Longer than any run, from before now: clocks differ. */
function validity(): { readonly notBeforeDate: Date; readonly notAfterDate: Date } {
	const now = Date.now();
	return { notBeforeDate: new Date(now - DAY_MS), notAfterDate: new Date(now + 30 * DAY_MS) };
}

/** Until yesterday: clocks differ, and no machine's is a day behind. */
function bygone(): { readonly notBeforeDate: Date; readonly notAfterDate: Date } {
	const now = Date.now();
	return { notBeforeDate: new Date(now - 30 * DAY_MS), notAfterDate: new Date(now - DAY_MS) };
}
