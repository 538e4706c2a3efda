import type { Measure } from "../measure.js";
import { everybodyIn, withStage } from "../stage.js";
import { timeFigures, timesOf } from "./times.js";

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
		figures: timeFigures("worst", LIMIT_MS),
		needs: ["reconnect"],
		turns: "all at once",
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
				return timesOf(times, "worst");
			}),
	};
}

export const halfOpenIdle = halfOpen("idle");
export const halfOpenBusy = halfOpen("busy");
