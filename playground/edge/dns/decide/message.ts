/* What is asked and what is answered, without the wire: the vocabulary of all files here. */

/** Names of the wire format's library; what it does not know is `UNKNOWN_65`. */
export type RecordType = "A" | "AAAA" | "CNAME" | "NS" | "SOA" | "TXT";

export type Rcode =
	| "NOERROR"
	| "FORMERR"
	| "SERVFAIL"
	| "NXDOMAIN"
	| "NOTIMP"
	| "REFUSED"
	| "BADVERS";

/** EDNS (RFC 6891) as the asker uses it. */
export interface Edns {
	/** Bytes of the largest answer that it takes over UDP. */
	readonly udpSize: number;
	readonly version: number;
	readonly isDnssecOk: boolean;
	/** Payloads of option 8 as they came, unchecked: RFC 7871 wants one at most. */
	readonly subnets: readonly Uint8Array[];
}

export interface Query {
	readonly id: number;
	/** As it was written: capitals and all, since a resolver may look for them in the answer. */
	readonly name: string;
	readonly type: string;
	readonly class: string;
	readonly isRecursionDesired: boolean;
	readonly edns: Edns | null;
}

export interface SoaData {
	readonly mname: string;
	readonly rname: string;
	readonly serial: number;
	readonly refresh: number;
	readonly retry: number;
	readonly expire: number;
	readonly minimum: number;
}

export type ResourceRecord = {
	readonly name: string;
	/** Seconds. */
	readonly ttl: number;
} & (
	| { readonly type: Exclude<RecordType, "SOA">; readonly data: string }
	| { readonly type: "SOA"; readonly data: SoaData }
);

export interface Reply {
	readonly rcode: Rcode;
	readonly isAuthoritative: boolean;
	readonly answers: readonly ResourceRecord[];
	readonly authorities: readonly ResourceRecord[];
	readonly additionals: readonly ResourceRecord[];
	/** Payload of option 8 to send back; null: none. */
	readonly subnet: Uint8Array | null;
}

/** A reply that has nothing but its code. */
export function bare(rcode: Rcode): Reply {
	return {
		rcode,
		isAuthoritative: false,
		answers: [],
		authorities: [],
		additionals: [],
		subnet: null,
	};
}
