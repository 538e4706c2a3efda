/* What an application sees of a name. */
import type { EpochMs } from "../policy/moment.js";

/** One address of a name. */
export interface DnsAnswer {
	/** An IPv4 or IPv6 address. */
	readonly address: string;
	/** Which of the two. */
	readonly family: 4 | 6;
	/** How long it may be kept, from when it came. */
	readonly ttlMs: number;
}

/** What is known of a name, to be shown. */
export interface DnsSnapshot {
	/** The last good ones, in the order in which they came; empty: none yet. */
	readonly answers: readonly DnsAnswer[];
	/** When the next dial asks anew; 0: there are no answers. */
	readonly expiresAt: EpochMs;
	/** They have expired: the next dial asks anew, and uses them where no newer ones can be had. */
	readonly stale: boolean;
	/** Addresses that failed, and until when they are left alone. */
	readonly quarantined: readonly { readonly address: string; readonly until: EpochMs }[];
}
