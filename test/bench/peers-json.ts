/* What was measured, as a file: the report is made of it, so a measure that is run again replaces its own part alone. */
import type { Measure, Outcome } from "./measure.js";
import type { PeerName } from "./peers/names.js";
import type { Compared } from "./peers-report.js";
import type { Measured, Results } from "./side-by-side.js";

interface Written {
	readonly measures: readonly {
		readonly name: string;
		readonly results: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>>;
	}[];
}

/** JSON has no Infinity, which is "not within the limit". */
const NEVER = "never";

export function toJson(
	measured: Measured,
	compared: readonly Compared[],
	about: { readonly machine: string },
): string {
	const peers = compared.map(({ name, versions, peer: { server, defaults } }) => ({
		...{ name, versions, server, defaults },
	}));
	const measures = [...measured].map(([{ name, how }, results]) => ({
		...{ name, how },
		results: Object.fromEntries(results),
	}));
	const never = (_: string, value: unknown): unknown =>
		value === Number.POSITIVE_INFINITY ? NEVER : value;
	return `${JSON.stringify({ ...about, peers, measures }, never, "\t")}\n`;
}

/** What such a file says, in the order of the measures, with what is newer in its place. */
export function merge(
	text: string | null,
	newer: Measured,
	measures: readonly Measure[],
): Measured {
	const written = text === null ? [] : (JSON.parse(text) as Written).measures;
	const merged = new Map<Measure, ReadonlyMap<PeerName, Results>>();
	for (const measure of measures) {
		const old = written.find(({ name }) => name === measure.name);
		const results = newer.get(measure) ?? (old && read(old.results));
		if (results) merged.set(measure, results);
	}
	return merged;
}

const read = (results: Written["measures"][number]["results"]): ReadonlyMap<PeerName, Results> =>
	new Map(
		Object.entries(results).map(([peer, figures]) => [
			peer as PeerName,
			Object.fromEntries(
				Object.entries(figures).map(([key, values]) => [
					key,
					values.map((value) => (value === NEVER ? Number.POSITIVE_INFINITY : (value as Outcome))),
				]),
			),
		]),
	);
