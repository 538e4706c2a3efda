/* A zone, checked and indexed for answering. */
import { isIP } from "node:net";
import type { Answer, Metadata, RecordSet, Zone } from "./contract.js";
import type { ResourceRecord, SoaData } from "./message.js";

export const DEFAULT_TTL = 60;
const MOST_TTL = 2 ** 31 - 1;

export interface CompiledZone {
	/** In lower case, without the last dot. */
	readonly name: string;
	readonly soa: ResourceRecord & { readonly type: "SOA" };
	/** Full name in lower case → type → records. A name that only has others below it has an empty map. */
	readonly nodes: ReadonlyMap<string, ReadonlyMap<string, RecordSet>>;
}

/** Throws on a zone that can't be served, with the record in the message. */
export function compileZone(zone: Zone): CompiledZone {
	const name = normalize(zone.name);
	const nodes = new Map<string, Map<string, RecordSet>>([[name, new Map()]]);
	for (const set of zone.records) {
		const owner = set.name === "@" ? name : `${normalize(set.name)}.${name}`;
		checkSet(owner, set);
		for (const ancestor of [...ancestorsWithin(owner, name)].reverse())
			if (!nodes.has(ancestor)) nodes.set(ancestor, new Map());
		const node = nodes.get(owner) ?? new Map<string, RecordSet>();
		if (node.has(set.type)) throw new Error(`${owner} has two sets of ${set.type}.`);
		node.set(set.type, set);
		nodes.set(owner, node);
	}
	for (const [owner, node] of nodes)
		if (node.has("CNAME") && node.size > 1)
			throw new Error(`${owner} has a CNAME and other records beside it.`);
	return { name, soa: soaOf(zone, name, nodes.get(name)), nodes };
}

/** The name itself first, the zone's last. */
export function* ancestorsWithin(name: string, zone: string): Generator<string> {
	for (let at = name; ; at = at.slice(at.indexOf(".") + 1)) {
		yield at;
		if (at === zone || !at.includes(".")) return;
	}
}

export function normalize(name: string): string {
	return name.toLowerCase().replace(/\.$/, "");
}

export function dataOf({ data }: Answer): readonly string[] {
	return typeof data === "string" ? [data] : data;
}

function soaOf(
	{ serial = 1, negativeTtl = DEFAULT_TTL }: Zone,
	name: string,
	apex: ReadonlyMap<string, RecordSet> | undefined,
): CompiledZone["soa"] {
	const [nameserver] = apex?.get("NS")?.answers ?? [];
	if (nameserver === undefined) throw new Error(`The zone ${name} has no NS records.`);
	const times = { refresh: 3_600, retry: 600, expire: 86_400, minimum: negativeTtl };
	const [mname = name] = dataOf(nameserver);
	const data: SoaData = { mname, rname: `hostmaster.${name}`, serial, ...times };
	return { name, type: "SOA", ttl: negativeTtl, data };
}

/** Every feed of a zone's answers. */
export function feedsOf({ nodes }: CompiledZone): readonly string[] {
	const sets = [...nodes.values()].flatMap((node) => [...node.values()]);
	return sets.flatMap(({ answers }) => answers).flatMap(({ feed }) => feed ?? []);
}

/** Throws on a number that would make no sense in a comparison. */
export function checkMetadata(whose: string, metadata: Metadata): void {
	for (const [name, value] of Object.entries(metadata))
		if (typeof value === "number" && !(value >= 0 && Number.isFinite(value)))
			throw new Error(`${whose}: ${name} can't be ${value}.`);
}

function checkSet(owner: string, { type, ttl = DEFAULT_TTL, answers }: RecordSet): void {
	for (const { metadata = {} } of answers) checkMetadata(`${owner} ${type}`, metadata);
	const labels = owner.split(".");
	if (owner.length > 253 || labels.some((label) => label === "" || label.length > 63))
		throw new Error(`"${owner}" is no name.`);
	if (!Number.isInteger(ttl) || ttl < 0 || ttl > MOST_TTL)
		throw new Error(`${owner} ${type}: ${ttl} is no TTL in seconds (RFC 2181, section 8).`);
	for (const data of answers.flatMap(dataOf))
		if (!isData(type, data))
			throw new Error(`${owner}: "${data}" is nothing that ${type} can say.`);
}

function isData(type: RecordSet["type"], data: string): boolean {
	switch (type) {
		case "A":
			return isIP(data) === 4;
		case "AAAA":
			return isIP(data) === 6;
		case "TXT":
			return new TextEncoder().encode(data).length <= 255;
		case "CNAME":
		case "NS":
			return /^(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?$/.test(data) && data.length <= 254;
		default:
			throw new Error(`Records of type ${type satisfies never} are not served.`);
	}
}
