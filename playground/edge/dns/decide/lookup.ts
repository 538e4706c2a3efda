/*
 * Where in the zones a name is (RFC 1034, section 4.3.2; wildcards: RFC 4592).
 *
 *   foreign      no zone of ours
 *   delegated    at or below a cut: the zone names those that know
 *   node         the name, or a wildcard in its place; without records if others only lie below it
 *   missing      no such name
 */
import type { RecordSet } from "./contract.js";
import { ancestorsWithin, type CompiledZone, normalize } from "./zone.js";

export type Found =
	| { readonly is: "foreign" }
	| { readonly is: "delegated"; readonly zone: CompiledZone; readonly cut: string }
	| {
			readonly is: "node";
			readonly zone: CompiledZone;
			readonly node: ReadonlyMap<string, RecordSet>;
	  }
	| { readonly is: "missing"; readonly zone: CompiledZone };

export function lookUp(zones: readonly CompiledZone[], name: string, type: string): Found {
	const wanted = normalize(name);
	const zone = deepest(zones, wanted, type);
	if (zone === null) return { is: "foreign" };
	const path = [...ancestorsWithin(wanted, zone.name)];
	const cut = path
		.slice(0, -1)
		.reverse()
		.find((at) => zone.nodes.get(at)?.has("NS"));
	// What is signed of a cut lies above it: RFC 4035, section 3.1.4.1.
	if (cut !== undefined && !(type === "DS" && cut === wanted))
		return { is: "delegated", zone, cut };
	const node = zone.nodes.get(wanted);
	if (node !== undefined) return { is: "node", zone, node };
	const encloser = path.find((at) => zone.nodes.has(at)) ?? zone.name;
	const wildcard = zone.nodes.get(`*.${encloser}`);
	return wildcard === undefined ? { is: "missing", zone } : { is: "node", zone, node: wildcard };
}

function deepest(
	zones: readonly CompiledZone[],
	wanted: string,
	type: string,
): CompiledZone | null {
	const above = zones.filter(({ name }) => {
		if (type === "DS" && name === wanted) return false;
		return wanted === name || wanted.endsWith(`.${name}`);
	});
	return above.reduce<CompiledZone | null>(
		(best, zone) => (best === null || zone.name.length > best.name.length ? zone : best),
		null,
	);
}
