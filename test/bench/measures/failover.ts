import type { Figure, Measure } from "../measure.js";
import { cut, everybodyIn, type Stage, withStage } from "../stage.js";
import { quantile } from "../table.js";

const CLIENTS = 10;
const LIMIT_MS = 60_000;

const FIGURES: readonly Figure[] = [
	{
		key: "p50",
		title: "p50, s",
		better: "less",
		against: "holdfast",
		digits: 1,
		limitS: LIMIT_MS / 1_000,
	},
	{
		key: "worst",
		title: "worst, s",
		better: "less",
		against: "holdfast",
		digits: 1,
		limitS: LIMIT_MS / 1_000,
	},
];

const failover = (
	rest: Pick<Measure, "name" | "title" | "how">,
	strike: (stage: Stage) => Promise<void>,
): Measure => ({
	...{ ...rest, figures: FIGURES, needs: ["reconnect", "list"], turns: "all at once", seconds: 30 },
	measure: (peer) =>
		withStage(peer, { clients: CLIENTS, proxies: 2 }, async (stage) => {
			await everybodyIn(stage);
			const struckAt = Date.now();
			await strike(stage);
			await stage.beat(2);
			const times = await stage.heard(2, struckAt, LIMIT_MS);
			return { p50: quantile(times, 0.5) / 1_000, worst: Math.max(...times) / 1_000 };
		}),
});

export const failoverRefused = failover(
	{
		name: "failover-refused",
		title: "Failover, the primary dead",
		how: `${CLIENTS} clients that know two URLs; links to the first are reset and its dials refused, for good; to the first message by the second`,
	},
	cut,
);

export const failoverSilent = failover(
	{
		name: "failover-black-holed",
		title: "Failover, the primary in a black hole",
		how: `${CLIENTS} clients that know two URLs; the first takes connections and bytes and gives nothing back, for good; from the strike (noticing is in it) to the first message by the second`,
	},
	async ({ proxy }) => {
		proxy.hang();
		proxy.mute("up", "down");
	},
);
