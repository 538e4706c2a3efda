/* What a client has of names, where they are its own to resolve: in Node. */
import type { DnsSnapshot } from "../endpoint/dns-answer.js";
import type { Report } from "../reactive/readable.js";
import type { OpenTransport } from "../transport/transport.js";

/** The names of a client's endpoints. */
export interface NameKeeping {
	/** Dials one address of the endpoint's name, others after it if it must be. */
	readonly open: OpenTransport;
	/** What is known of the endpoint's name; the address of a link, where that is live. */
	status(url: string): NameStatus;
	stop(): void;
}

export interface NameStatus {
	readonly dns: DnsSnapshot | null;
	readonly address: string | null;
}

/** What a client is told of its names. */
export interface NameFacts {
	changed(): void;
	/** The name of a live link has left the address that it goes to. */
	drained(): void;
	readonly report: Report;
}

/** What `nodeResolver` takes. */
export interface NodeResolverOptions {
	/**
	 * Name servers as IP addresses, with a port if it is not 53. Names that they do not know are not
	 * looked for elsewhere. @default the system's
	 */
	readonly servers?: readonly string[];
	/** Of one try. c-ares itself would give up after 24 s in all. @default 500 */
	readonly timeoutMs?: number;
	/** Questions to each server. @default 2 */
	readonly tries?: number;
}
