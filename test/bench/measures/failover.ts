import type { Measure } from "../measure.js";
import { cut, everybodyIn, type Stage, withStage } from "../stage.js";
import { timeFigures, timesOf } from "./times.js";

const CLIENTS = 10;
const LIMIT_MS = 60_000;

const FIGURES = timeFigures("worst", LIMIT_MS);

const failover = (
	rest: Pick<Measure, "name" | "title" | "how">,
	strike: (stage: Stage) => Promise<void>,
): Measure => ({
	...{ ...rest, figures: FIGURES, needs: ["reconnect", "list"], turns: "all at once" },
	measure: (peer) =>
		withStage(peer, { clients: CLIENTS, proxies: 2 }, async (stage) => {
			await everybodyIn(stage);
			const struckAt = Date.now();
			await strike(stage);
			await stage.beat(2);
			const times = await stage.heard(2, struckAt, LIMIT_MS);
			return timesOf(times, "worst");
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
