import type { Measure } from "../measure.js";
import { everybodyIn, withStage } from "../stage.js";
import { quantile } from "../table.js";

const CLIENTS = 10;
const LIMIT_MS = 120_000;
const BUSY_MS = 500;

function halfOpen(app: "idle" | "busy"): Measure {
	const doing =
		app === "idle" ? "while the app says nothing" : `while the app publishes every ${BUSY_MS} ms`;
	return {
		name: `half-open-${app}`,
		title: `Half-open link, ${app}`,
		how: `${CLIENTS} clients whose links stay open and carry nothing any more, ${doing}; new links work; to the first message published since`,
		figures: [
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
		],
		needs: [],
		turns: "all at once",
		seconds: LIMIT_MS / 1_000,
		measure: (peer) =>
			withStage(peer, { clients: CLIENTS }, async (stage) => {
				await everybodyIn(stage);
				if (app === "busy") {
					const busy = stage.client.said("busy");
					stage.client.order({ do: "busy", everyMs: BUSY_MS });
					await busy;
				}
				stage.proxy.strand();
				const struckAt = Date.now();
				await stage.beat(2);
				const times = await stage.heard(2, struckAt, LIMIT_MS);
				return { p50: quantile(times, 0.5) / 1_000, worst: Math.max(...times) / 1_000 };
			}),
	};
}

export const halfOpenIdle = halfOpen("idle");
export const halfOpenBusy = halfOpen("busy");
