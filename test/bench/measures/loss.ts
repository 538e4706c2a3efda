import type { Figure, Measure, Outcome } from "../measure.js";
import { cut, everybodyIn, pause, type Stage, withStage } from "../stage.js";
import type { TallyReport } from "../tally.js";

const PER_SECOND = 175;
const OUTAGES = 3;
const OUTAGE_MS = 4_000;
const BETWEEN_MS = 9_000;
const MESSAGES = (PER_SECOND * OUTAGES * (OUTAGE_MS + BETWEEN_MS)) / 1_000;
/** After the last message: for the slowest redial, and what it brings with it. */
const SETTLE_MS = 25_000;

const figures = (way: string, said: string): readonly Figure[] =>
	(["lost", "repeated", "reordered"] as const).map((what) => ({
		...{ key: `${way}-${what}`, title: `${said}, ${what}` },
		...({ better: "less", against: null, digits: 0 } as const),
	}));

export const loss: Measure = {
	name: "loss",
	title: `Lost, repeated, reordered over ${OUTAGES} outages of ${OUTAGE_MS / 1_000} s`,
	how: `${PER_SECOND} messages a second each way, ${MESSAGES.toLocaleString("en")} in all, while links are reset and dials refused ${OUTAGES} times; the server lives on, counted ${SETTLE_MS / 1_000} s after the last. Whether a client tells its program of a loss is not counted`,
	figures: [...figures("down", "server → client"), ...figures("up", "client → server")],
	needs: [],
	turns: "all at once",
	measure: (peer) =>
		withStage(peer, { clients: 1 }, async (stage) => {
			await everybodyIn(stage);
			await stage.beat(1, 0);
			const counted = [stage.server.said("counted"), stage.client.said("counted")];
			const order = { do: "count", messages: MESSAGES, perSecond: PER_SECOND } as const;
			stage.server.order(order);
			stage.client.order(order);
			for (let outage = 0; outage < OUTAGES; outage += 1) {
				await pause(BETWEEN_MS / 2);
				await cut(stage);
				await pause(OUTAGE_MS);
				await stage.proxy.pass();
				await pause(BETWEEN_MS / 2);
			}
			await Promise.all(counted);
			await pause(SETTLE_MS);
			return {
				...result("down", await tally(stage, "client")),
				...result("up", await tally(stage, "server")),
			};
		}),
};

async function tally({ client, server }: Stage, at: "client" | "server"): Promise<TallyReport> {
	const report = at === "client" ? client.said("report") : server.said("report");
	(at === "client" ? client : server).order({ do: "report" });
	return report;
}

const result = (way: string, report: TallyReport): Readonly<Record<string, Outcome>> => ({
	[`${way}-lost`]: MESSAGES - report.arrived,
	[`${way}-repeated`]: report.repeated,
	[`${way}-reordered`]: report.reordered,
});
