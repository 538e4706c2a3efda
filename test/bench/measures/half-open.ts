import type { Measure } from "../measure.js";
import { everybodyIn, pause, withStage } from "../stage.js";
import { timeFigures, timesOf } from "./times.js";

const CLIENTS = 10;
const LIMIT_MS = 120_000;
const BUSY_MS = 500;
/** Between the connection and the strike, by repeat: pings that go by the clock are met at several places. */
const WAITS_MS = [6_000, 16_000, 1_000];

function halfOpen(app: "idle" | "busy"): Measure {
	const doing =
		app === "idle" ? "while the app says nothing" : `while the app publishes every ${BUSY_MS} ms`;
	return {
		name: `half-open-${app}`,
		title: `Half-open link, ${app}`,
		how: `${CLIENTS} clients whose links, ${WAITS_MS.map((ms) => ms / 1_000).join(", ")} s old by repeat, stay open and carry nothing any more, ${doing}; new links work; to the first message published since`,
		figures: timeFigures("worst", LIMIT_MS),
		needs: ["reconnect"],
		turns: "all at once",
		measure: (peer, repeat) =>
			withStage(peer, { clients: CLIENTS }, async (stage) => {
				await everybodyIn(stage);
				if (app === "busy") {
					const busy = stage.client.said("busy");
					stage.client.order({ do: "busy", everyMs: BUSY_MS });
					await busy;
				}
				await pause(WAITS_MS[(repeat - 1) % WAITS_MS.length] ?? 0);
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
