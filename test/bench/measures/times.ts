/* Times of several clients: what is typical, and what is bad. */
import type { Figure, Outcome } from "../measure.js";
import { quantile } from "../table.js";

export type Bad = "p95" | "worst";

export const timeFigures = (bad: Bad, limitMs: number): readonly Figure[] =>
	(["p50", bad] as const).map((key) => ({
		...{ key, title: `${key}, s`, digits: 1, limitS: limitMs / 1_000 },
		...({ better: "less", against: "holdfast" } as const),
	}));

export const timesOf = (times: readonly number[], bad: Bad): Readonly<Record<string, Outcome>> => ({
	p50: quantile(times, 0.5) / 1_000,
	[bad]: (bad === "p95" ? quantile(times, 0.95) : Math.max(...times)) / 1_000,
});
