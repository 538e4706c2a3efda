/*
 * The wire format (RFC 1035, EDNS of RFC 6891): the home of the library that knows it. Pure, as its
 * neighbours in decide/: bytes to a query, a reply to bytes.
 *
 *   bytes ─▶ silence     too short for a header, or a response: who answers that, answers himself
 *          ─▶ failure    not to be read, or an operation that we don't have: a header alone goes back
 *          ─▶ query
 */
import {
	type Answer,
	AUTHORITATIVE_ANSWER,
	a,
	aaaa,
	DNSSEC_OK,
	decode,
	encode,
	type Packet,
	question,
	RECURSION_DESIRED,
	TRUNCATED_RESPONSE,
} from "@dnsquery/dns-packet";
import { toType } from "@dnsquery/dns-packet/types.js";
import type { Edns, Query, Rcode, Reply, ResourceRecord } from "./decide/message.js";

export type ReadQuery =
	| { readonly is: "silence" }
	| { readonly is: "failure"; readonly reply: Uint8Array }
	| { readonly is: "query"; readonly query: Query };

const HEADER_BYTES = 12;
const RCODES: Readonly<Record<Rcode, number>> = {
	NOERROR: 0,
	FORMERR: 1,
	SERVFAIL: 2,
	NXDOMAIN: 3,
	NOTIMP: 4,
	REFUSED: 5,
	BADVERS: 16,
};
const CLIENT_SUBNET = 8;
/** Of a query: OPT, and perhaps a signature. */
const MOST_ADDITIONALS = 2;
/** RFC 9715: what passes any path without fragments. */
export const UDP_BYTES = 1_232;
const UDP_BYTES_WITHOUT_EDNS = 512;
export const TCP_BYTES = 65_535;

export function readQuery(bytes: Uint8Array): ReadQuery {
	if (bytes.length < HEADER_BYTES) return { is: "silence" };
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const flags = view.getUint16(2);
	if ((flags & 0x8000) !== 0) return { is: "silence" };
	const failure = (rcode: Rcode): ReadQuery => ({
		is: "failure",
		reply: failureOf(view.getUint16(0), flags, rcode),
	});
	if (((flags >> 11) & 15) !== 0) return failure("NOTIMP");
	// Before the library makes room for as many records as a liar promises.
	const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) =>
		view.getUint16(at),
	);
	const isPlain = questions === 1 && answers === 0 && authorities === 0;
	if (!isPlain || (additionals ?? 0) > MOST_ADDITIONALS) return failure("FORMERR");
	const query = decodeQuery(bytes);
	return query === null ? failure("FORMERR") : { is: "query", query };
}

/** How many bytes of an answer an asker over UDP takes. */
export function udpLimit({ edns }: Query): number {
	return edns === null
		? UDP_BYTES_WITHOUT_EDNS
		: Math.min(UDP_BYTES, Math.max(UDP_BYTES_WITHOUT_EDNS, edns.udpSize));
}

/** What does not fit is left out as a whole, with TC set: RFC 2181, section 9. */
export function writeReply(query: Query, reply: Reply, limitBytes: number): Uint8Array {
	const bytes = encodeWith(reply.subnet, packetOf(query, reply, 0));
	if (bytes.length <= limitBytes) return bytes;
	const empty = { ...reply, answers: [], authorities: [], additionals: [] };
	return encodeWith(reply.subnet, packetOf(query, empty, TRUNCATED_RESPONSE));
}

/** A question of our own, from the JSON form: asked as any other from here on. */
export function writeQuery(name: string, type: string, subnet: Uint8Array | null): Uint8Array {
	const options = subnet === null ? [] : [{ code: "CLIENT_SUBNET", data: subnet }];
	const opt = { type: "OPT", name: ".", udpPayloadSize: UDP_BYTES, options };
	return encodeWith(subnet, {
		type: "query",
		flags: RECURSION_DESIRED,
		questions: [{ name, type } as never],
		additionals: [opt as unknown as Answer],
	});
}

export const typeNumber = (type: string): number => toType(type);
export const rcodeNumber = (rcode: Rcode): number => RCODES[rcode];

/** Big-endian, 4 or 16 bytes. Only for what `isIP` of Node calls an address. */
export function addressBytes(address: string): Uint8Array {
	return (address.includes(":") ? aaaa : a).encode(address).slice(2);
}

function decodeQuery(bytes: Uint8Array): Query | null {
	let packet: Packet;
	try {
		packet = decode(bytes);
	} catch {
		return null;
	}
	const [asked] = packet.questions ?? [];
	// The library reads past an end without a word, and reads names that it would write otherwise
	// (dots within a label, bytes that are no UTF-8): neither is a question that we could repeat.
	if (asked === undefined || (decode as unknown as Counter).bytes > bytes.length) return null;
	if (!startsWith(bytes.subarray(HEADER_BYTES), encodeQuestion(asked))) return null;
	const edns = readEdns(packet.additionals ?? [], bytes);
	if (edns === "malformed") return null;
	return {
		id: packet.id ?? 0,
		name: asked.name,
		type: asked.type,
		class: asked.class ?? "IN",
		isRecursionDesired: packet.flag_rd === true,
		edns,
	};
}

/** The library's functions tell what they consumed by a property of themselves. */
interface Counter {
	readonly bytes: number;
}

/** Into a buffer of ours: what the library returns here is not the bytes. */
function encodeQuestion(asked: Parameters<typeof question.encode>[0]): Uint8Array {
	const bytes = new Uint8Array(question.encodingLength(asked));
	question.encode(asked, bytes);
	return bytes;
}

interface Opt {
	readonly name: string;
	readonly udpPayloadSize: number;
	readonly ednsVersion: number;
	readonly flags: number;
	readonly options: readonly { readonly code: number; readonly data: Uint8Array }[];
}

function readEdns(records: readonly Answer[], bytes: Uint8Array): Edns | null | "malformed" {
	const opts = records.filter(({ type }) => type === "OPT") as unknown as readonly Opt[];
	const [opt] = opts;
	if (opt === undefined) return null;
	// RFC 6891, section 6.1.1: one, of the root's name.
	if (opts.length > 1 || opt.name !== ".") return "malformed";
	const length = opt.options.reduce((sum, { data }) => sum + 4 + data.length, 0);
	const isLast = records.at(-1)?.type === "OPT";
	if (isLast && lengthBefore(bytes, length) !== length) return "malformed";
	return {
		udpSize: opt.udpPayloadSize,
		version: opt.ednsVersion,
		isDnssecOk: (opt.flags & DNSSEC_OK) !== 0,
		subnets: opt.options.filter(({ code }) => code === CLIENT_SUBNET).map(({ data }) => data),
	};
}

/** What the record says of its own length, if its content is the message's last `length` bytes. */
function lengthBefore(bytes: Uint8Array, length: number): number {
	const at = bytes.length - length - 2;
	return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function packetOf(query: Query, reply: Reply, flags: number): Packet {
	const code = RCODES[reply.rcode];
	const authority = reply.isAuthoritative ? AUTHORITATIVE_ANSWER : 0;
	const recursion = query.isRecursionDesired ? RECURSION_DESIRED : 0;
	return {
		type: "response",
		id: query.id,
		flags: flags | authority | recursion | (code & 15),
		questions: [{ name: query.name, type: query.type, class: query.class } as never],
		answers: reply.answers.map(toWire),
		authorities: reply.authorities.map(toWire),
		additionals: [...reply.additionals.map(toWire), ...optOf(query, reply, code)],
	};
}

/**
 * The library (6.1.1) leaves room for an option's data and copies none of it. The option is the last of
 * a packet of ours, so its data are the last bytes.
 */
function encodeWith(subnet: Uint8Array | null, packet: Packet): Uint8Array {
	const bytes = encode(packet);
	const hasOpt = packet.additionals?.at(-1)?.type === "OPT";
	if (subnet !== null && hasOpt) bytes.set(subnet, bytes.length - subnet.length);
	return bytes;
}

/** A copy: the library writes into what it is given. */
function toWire(record: ResourceRecord): Answer {
	return { ...record, class: "IN" } as unknown as Answer;
}

/** Only for who has sent one. */
function optOf({ edns }: Query, { subnet }: Reply, code: number): readonly Answer[] {
	if (edns === null) return [];
	const options = subnet === null ? [] : [{ code: "CLIENT_SUBNET", data: subnet }];
	const opt = {
		type: "OPT",
		name: ".",
		udpPayloadSize: UDP_BYTES,
		extendedRcode: code >> 4,
		ednsVersion: 0,
		// RFC 4035, section 3.2.1: the bit goes back as it came.
		flags: edns.isDnssecOk ? DNSSEC_OK : 0,
		options,
	};
	return [opt as unknown as Answer];
}

function failureOf(id: number, flags: number, rcode: Rcode): Uint8Array {
	// The operation and "recursion desired" go back as they came.
	return encode({ type: "response", id, flags: (flags & 0x7900) | RCODES[rcode] });
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
	return bytes.length >= start.length && start.every((byte, index) => byte === bytes[index]);
}
