/*
 * How a CDN fails (E16), as data. Those of a path spoil an answer, those of the whole origin a connection;
 * a later rule counts before an earlier one.
 */

/** What may be done to an answer. */
export type AnswerFault =
	/** As it should be: for the paths that another rule shall not strike. */
	| { readonly is: "none" }
	/** A status and a short text. @default 503 */
	| { readonly is: "error"; readonly status?: number }
	| { readonly is: "not-found" }
	/** The whole answer, but not before. @default 10_000 */
	| { readonly is: "slow"; readonly ms?: number }
	/** At once, but a little at a time. @default 1 byte a second */
	| { readonly is: "drip"; readonly bytesPerSecond?: number }
	/** Half of it, and the length says so: only a hash can tell. */
	| { readonly is: "truncated" }
	/** Half of it, and then the connection ends. */
	| { readonly is: "cut-off" }
	/** As long as it should be, one byte of it another. */
	| { readonly is: "corrupt" }
	/** The right bytes, under a type that no page runs. */
	| { readonly is: "wrong-type" }
	/** Status 200 and a login page, as of a captive portal. */
	| { readonly is: "html" }
	/** To another origin. */
	| { readonly is: "redirect"; readonly to: string }
	/** The right bytes, which no page of another origin may read. */
	| { readonly is: "no-cors" }
	/** The request is taken, and nothing ever comes back. */
	| { readonly is: "silent" };

/** What may be done to all connections, before a byte of HTTP. */
export type ConnectionFault =
	/** The port is closed. */
	| { readonly is: "refuse" }
	/** Accepted, and silent: no TLS, no HTTP. */
	| { readonly is: "black-hole" }
	/** What answers is not TLS. For an origin with a certificate. */
	| { readonly is: "tls-error" };

export type CdnFault = AnswerFault | ConnectionFault;

const OF_CONNECTIONS = ["refuse", "black-hole", "tls-error"];

export function isOfConnections(fault: CdnFault): fault is ConnectionFault {
	return OF_CONNECTIONS.includes(fault.is);
}

export interface Rule {
	readonly fault: AnswerFault;
	/** "/assets/*.js": a star stands for anything, slashes too. */
	readonly pattern: string;
}

/** The fault that a path meets; null: none. */
export function faultOf(rules: readonly Rule[], path: string): AnswerFault | null {
	return rules.findLast(({ pattern }) => fits(pattern, path))?.fault ?? null;
}

function fits(pattern: string, path: string): boolean {
	const parts = pattern.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`^${parts.join(".*")}$`).test(path);
}

/** One bit of the byte in the middle. An empty file gets a byte that it should not have. */
export function corrupted(body: Uint8Array): Uint8Array {
	const spoiled = body.length === 0 ? new Uint8Array(1) : Uint8Array.from(body);
	const middle = Math.floor(spoiled.length / 2);
	spoiled[middle] = (spoiled[middle] ?? 0) ^ 1;
	return spoiled;
}

export function halved(body: Uint8Array): Uint8Array {
	return body.subarray(0, Math.floor(body.length / 2));
}
