/* Certificates and keys that a proxy is given. */
import type { KeyPair } from "../tls/authority.js";

export interface Material {
	/** Of listeners, by name. */
	readonly certificates: ReadonlyMap<string, KeyPair>;
	/** Shown to upstreams, by name, and who signs theirs. */
	readonly upstream: ReadonlyMap<string, { readonly pair: KeyPair; readonly authority: string }>;
}
