/** One line of the report: what was measured, beside raw `ws` in the same run, against what is required. */
export interface Row {
	readonly id: string;
	readonly what: string;
	readonly holdfast: string;
	/** The same with a bare `ws` socket, or why there is nothing to compare. */
	readonly raw: string;
	readonly required: string;
	readonly isMet: boolean;
}

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
export const ratio = (a: number, b: number): string => `${(a / b).toFixed(2)} ×`;

/** The value below which `share` of them lie. */
export function quantile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function toMarkdown(rows: readonly Row[]): string {
	const head = ["row", "measured", "holdfast", "raw ws", "required", "met"];
	const lines = rows.map(({ id, what, holdfast, raw, required, isMet }) => [
		id,
		what,
		holdfast,
		raw,
		required,
		isMet ? "yes" : "**no**",
	]);
	return [head, head.map(() => "---"), ...lines]
		.map((cells) => `| ${cells.join(" | ")} |`)
		.join("\n");
}
