import type { Measure } from "../measure.js";
import { cut, everybodyIn, pause, withStage } from "../stage.js";
import { timeFigures, timesOf } from "./times.js";

const CLIENTS = 20;
const LENGTHS = [1, 0.9, 1.1];
const LIMIT_MS = 40_000;

function outage(outageS: number): Measure {
	return {
		name: `outage-${outageS}`,
		title: `Back after an outage of ${outageS} s`,
		how: `${CLIENTS} clients; links are reset and dials refused for ${outageS} s, in the next repeats a tenth less and a tenth more, since a schedule without chance hits one length by luck; from then to the first message published since`,
		figures: timeFigures("p95", LIMIT_MS),
		needs: ["reconnect"],
		turns: "all at once",
		measure: (peer, repeat) =>
			withStage(peer, { clients: CLIENTS }, async (stage) => {
				await everybodyIn(stage);
				await cut(stage);
				await pause(outageS * 1_000 * (LENGTHS[(repeat - 1) % LENGTHS.length] ?? 1));
				await stage.beat(2);
				const healedAt = Date.now();
				await stage.proxy.pass();
				const times = await stage.heard(2, healedAt, LIMIT_MS);
				return timesOf(times, "p95");
			}),
	};
}

export const shortOutage = outage(3);
export const longOutage = outage(30);
