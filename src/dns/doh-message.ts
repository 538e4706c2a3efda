/* DNS messages (RFC 1035) with the client subnet of RFC 7871: questions out, answers in, all of it checked. */
import {
	type Answer,
	decode,
	encode,
	type OptionData,
	type Packet,
	RECURSION_DESIRED,
} from "@dnsquery/dns-packet";
import type { DnsAnswer } from "../endpoint/dns-answer.js";
import { RealtimeError } from "../errors/realtime-error.js";

export interface Question {
	readonly name: string;
	readonly type: "A" | "AAAA";
	readonly subnet: Subnet | null;
}

export interface Subnet {
	readonly ip: string;
	readonly prefix: number;
}

/** What the decoder gives beside what its types say. */
type Decoded = Omit<Packet, "rcode"> & { readonly rcode?: string };
interface Opt {
	readonly type: "OPT";
	readonly options?: readonly Partial<SubnetEcho>[];
}
interface SubnetEcho {
	readonly code: string | number;
	readonly family: number;
	readonly ip: string;
	readonly sourcePrefixLength: number;
}

/** More hops than any zone means to have. */
const LONGEST_CHAIN = 8;
const CLIENT_SUBNET = 8;

/** With id 0, so that caches on the way see one question as one (RFC 8484, 4.1). */
export function encodeQuestion({ name, type, subnet }: Question): Uint8Array {
	const additionals = subnet === null ? [] : [optOf(subnet)];
	const questions = [{ name, type, class: "IN" }] as unknown as NonNullable<Packet["questions"]>;
	return encode({ type: "query", id: 0, flags: RECURSION_DESIRED, questions, additionals });
}

/**
 * The addresses in an answer, each with the shortest TTL on the way to it.
 * @throws RealtimeError `dns-unavailable`; with `retryAfterMs` where the zone says for how long there is none.
 */
export function decodeAnswer(bytes: Uint8Array, question: Question): readonly DnsAnswer[] {
	const packet = parse(bytes);
	checkEcho(packet, question);
	const { rcode, answers = [] } = packet;
	if (rcode !== "NOERROR" && rcode !== "NXDOMAIN") throw unusable(String(rcode));
	const found = addresses(answers, question);
	if (found.length > 0 && rcode === "NOERROR") return found;
	const retryAfterMs = negativeTtlMs(packet);
	const held = retryAfterMs === null ? {} : { retryAfterMs };
	throw new RealtimeError("dns-unavailable", rcode === "NOERROR" ? "NODATA" : rcode, held);
}

function parse(bytes: Uint8Array): Decoded {
	let packet: Decoded;
	try {
		packet = decode(bytes) as unknown as Decoded;
	} catch (cause) {
		throw unusable("malformed", cause);
	}
	// The decoder reads on past the end, as if zeros stood there.
	const { bytes: read } = decode as unknown as { readonly bytes: number };
	if (read > bytes.length || packet.flag_tc) throw unusable("truncated");
	return packet;
}

/** An answer to another question is no answer: a cache's mistake, or somebody's guess. */
function checkEcho(packet: Decoded, { name, type, subnet }: Question): void {
	const [asked, ...more] = packet.questions ?? [];
	const isOurs =
		packet.type === "response" &&
		packet.id === 0 &&
		more.length === 0 &&
		(asked?.type as unknown) === type &&
		(asked?.class as unknown) === "IN" &&
		isSameName(asked?.name, name);
	if (!isOurs) throw unusable("not an answer to the question");
	const opt = packet.additionals?.find((each) => each.type === "OPT") as Opt | undefined;
	const echo = opt?.options?.find(({ code }) => code === "CLIENT_SUBNET" || code === CLIENT_SUBNET);
	if (echo !== undefined && !isEcho(echo, subnet)) throw unusable("for another subnet");
}

function isEcho(echo: Partial<SubnetEcho>, subnet: Subnet | null): boolean {
	if (subnet === null) return false;
	// As the decoder writes it, or one address would be two.
	const [sent] = (decode(encode({ additionals: [optOf(subnet)] })).additionals ??
		[]) as unknown as [Opt];
	const ours = sent.options?.[0];
	return echo.ip === ours?.ip && echo.sourcePrefixLength === subnet.prefix;
}

/** Along the chain of aliases, which leads from the question to the name that has addresses. */
function addresses(answers: readonly Answer[], { name, type }: Question): readonly DnsAnswer[] {
	let owner = name;
	let ttl = Number.POSITIVE_INFINITY;
	for (let hop = 0; hop <= LONGEST_CHAIN; hop++) {
		const own = answers.filter((answer) => isSameName(answer.name, owner));
		const found = own.filter((answer) => answer.type === type);
		if (found.length > 0)
			return found.map((answer) => ({
				address: String(answer.data),
				family: type === "A" ? 4 : 6,
				ttlMs: Math.min(ttl, answer.ttl ?? 0) * 1_000,
			}));
		const alias = own.find((answer) => answer.type === "CNAME");
		if (alias === undefined) return [];
		ttl = Math.min(ttl, alias.ttl ?? 0);
		owner = String(alias.data);
	}
	throw unusable("a loop of aliases, or a chain too long");
}

/** RFC 2308, 5: the lesser of the SOA's own TTL and its last field. */
function negativeTtlMs({ authorities = [] }: Decoded): number | null {
	const soa = authorities.find((answer) => answer.type === "SOA");
	if (soa?.type !== "SOA") return null;
	return Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0) * 1_000;
}

function optOf({ ip, prefix }: Subnet): Answer {
	const family = ip.includes(":") ? 2 : 1;
	const option: OptionData = {
		code: "CLIENT_SUBNET",
		family,
		ip,
		sourcePrefixLength: prefix,
		scopePrefixLength: 0,
	};
	return { type: "OPT", name: ".", options: [option] } as unknown as Answer;
}

const isSameName = (a: string | undefined, b: string): boolean => plain(a ?? "") === plain(b);
const plain = (name: string): string => name.toLowerCase().replace(/\.$/, "");

function unusable(message: string, cause?: unknown): RealtimeError {
	return new RealtimeError("dns-unavailable", `DNS over HTTPS: ${message}`, { cause });
}
