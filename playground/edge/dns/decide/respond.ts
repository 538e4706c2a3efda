/*
 * The decision: a question, who asks, the zones and chance, to a reply. Reads no clock and no socket.
 *
 *   EDNS of another version ─▶ BADVERS          malformed client subnet ─▶ FORMERR
 *   another class, a zone transfer, a name of no zone of ours ─▶ REFUSED
 *   below a cut ─▶ a referral: NS, and the addresses that we know
 *   a name ─▶ its records, through their chain; CNAMEs followed as far as our zones go
 *           ─▶ none of that type, or no such name ─▶ the zone's SOA (RFC 2308)
 */
import { type ChainMoment, runChain } from "./chain.js";
import { type ClientSubnet, echo, readClientSubnet } from "./client-subnet.js";
import type { Candidate, Chain, Metadata, RecordSet } from "./contract.js";
import { type Found, lookUp } from "./lookup.js";
import { bare, type Query, type Rcode, type Reply, type ResourceRecord } from "./message.js";
import { locate, type Places } from "./places.js";
import { type CompiledZone, DEFAULT_TTL, dataOf, normalize } from "./zone.js";

export interface DnsState {
	readonly zones: readonly CompiledZone[];
	/** Metadata that has changed since the zones were written, by feed. */
	readonly live: ReadonlyMap<string, Metadata>;
	readonly places: Places;
}

/** Further than this leads no honest chain of aliases. */
const MOST_ALIASES = 8;
const NO_CHAIN: Chain = { filters: [] };
const TRANSFERS = ["AXFR", "IXFR"];

/** `source`: the address that the question came from, 4 or 16 bytes. */
export function respond(
	query: Query,
	source: Uint8Array,
	state: DnsState,
	random: () => number,
): Reply {
	if (query.edns !== null && query.edns.version !== 0) return bare("BADVERS");
	const subnet = readClientSubnet(query.edns?.subnets ?? []);
	if (subnet.is === "malformed") return bare("FORMERR");
	if (query.class !== "IN" || TRANSFERS.includes(query.type))
		return { ...bare("REFUSED"), subnet: echo(subnet, 0) };
	const address = subnet.is === "given" ? subnet.address : source;
	const location = locate(state.places, address);
	const found = follow(query, state, { location, places: state.places, random });
	return replyOf(found, subnet);
}

interface Followed {
	readonly answers: readonly ResourceRecord[];
	readonly end: Found;
	/** Whether the last name had what was asked for. */
	readonly isAnswered: boolean;
	readonly scopeBits: number;
}

function follow({ name, type }: Query, state: DnsState, moment: ChainMoment): Followed {
	const answers: ResourceRecord[] = [];
	const seen = new Set<string>();
	let scopeBits = 0;
	for (let at = name; ; ) {
		const end = lookUp(state.zones, at, type);
		const drawn = end.is === "node" ? drawAt(at, type, end, state.live, moment) : null;
		if (drawn === null) return { answers, end, isAnswered: false, scopeBits };
		scopeBits = Math.max(scopeBits, drawn.scopeBits);
		answers.push(...drawn.records);
		seen.add(at.toLowerCase());
		const target = drawn.alias;
		const isOver = target === null || seen.has(target.toLowerCase()) || seen.size > MOST_ALIASES;
		if (isOver) return { answers, end, isAnswered: drawn.records.length > 0, scopeBits };
		at = target;
	}
}

interface Drawn {
	readonly records: readonly ResourceRecord[];
	/** Where to go on; null: what was asked for is here. */
	readonly alias: string | null;
	readonly scopeBits: number;
}

/** Null where the name has nothing of that type. */
function drawAt(
	name: string,
	type: string,
	{ zone, node }: Extract<Found, { readonly is: "node" }>,
	live: ReadonlyMap<string, Metadata>,
	moment: ChainMoment,
): Drawn | null {
	if (type === "SOA" && normalize(name) === zone.name)
		return { records: [{ ...zone.soa, name }], alias: null, scopeBits: 0 };
	const set = setOf(node, type);
	if (set === undefined) return null;
	const drawn = draw(name, set, live, moment);
	if (set.type !== "CNAME") return { ...drawn, alias: null };
	// A name has one alias, whatever the chain has left.
	const [first] = drawn.records;
	const isWanted = type === "CNAME" || type === "ANY" || first === undefined;
	const records = drawn.records.slice(0, 1);
	return { ...drawn, records, alias: isWanted ? null : String(first.data) };
}

/** To ANY, one set will do: RFC 8482. */
function setOf(node: ReadonlyMap<string, RecordSet>, type: string): RecordSet | undefined {
	if (type === "ANY") return node.values().next().value;
	return node.get(type) ?? node.get("CNAME");
}

function draw(
	name: string,
	set: RecordSet,
	live: ReadonlyMap<string, Metadata>,
	moment: ChainMoment,
): Pick<Drawn, "records" | "scopeBits"> {
	const candidates = set.answers.map((answer): Candidate => {
		const changed = answer.feed === undefined ? undefined : live.get(answer.feed);
		return { answer, metadata: { ...answer.metadata, ...changed } };
	});
	const chosen = runChain(set.chain ?? NO_CHAIN, candidates, moment);
	const { type, ttl = DEFAULT_TTL } = set;
	const records = chosen.candidates.flatMap(({ answer }) =>
		dataOf(answer).map((data): ResourceRecord => ({ name, type, ttl, data })),
	);
	return { records, scopeBits: chosen.scopeBits };
}

function replyOf({ answers, end, isAnswered, scopeBits }: Followed, subnet: ClientSubnet): Reply {
	const common = { ...bare("NOERROR"), answers, subnet: echo(subnet, scopeBits) };
	switch (end.is) {
		case "foreign":
			// Of an alias that leads away, what we know is all that we can say.
			if (answers.length > 0) return { ...common, isAuthoritative: true };
			return { ...common, rcode: "REFUSED" };
		case "delegated":
			return { ...common, ...referral(end.zone, end.cut), isAuthoritative: answers.length > 0 };
		case "node":
			return isAnswered ? { ...common, isAuthoritative: true } : negative(common, end, "NOERROR");
		case "missing":
			return negative(common, end, "NXDOMAIN");
		default:
			return end satisfies never;
	}
}

function negative(common: Reply, { zone }: { readonly zone: CompiledZone }, rcode: Rcode): Reply {
	return { ...common, rcode, isAuthoritative: true, authorities: [zone.soa] };
}

/** Who knows more, and how to reach them where their names lie in this zone. */
function referral(zone: CompiledZone, cut: string): Pick<Reply, "authorities" | "additionals"> {
	const set = zone.nodes.get(cut)?.get("NS");
	const recordsOf = (name: string, of: RecordSet | undefined): readonly ResourceRecord[] =>
		of === undefined
			? []
			: of.answers
					.flatMap(dataOf)
					.map((data) => ({ name, type: of.type, ttl: of.ttl ?? DEFAULT_TTL, data }));
	const authorities = recordsOf(cut, set);
	const additionals = authorities.flatMap(({ data }) => {
		const node = zone.nodes.get(String(data).toLowerCase());
		return ["A", "AAAA"].flatMap((type) => recordsOf(String(data), node?.get(type)));
	});
	return { authorities, additionals };
}
