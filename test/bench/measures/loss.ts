import type { Figure, Measure, Outcome } from "../measure.js";
import { cut, everybodyIn, pause, withStage } from "../stage.js";
import type { TallyReport } from "../tally.js";

const PER_SECOND = 175;
const OUTAGES = 3;
const OUTAGE_MS = 4_000;
const BETWEEN_MS = 9_000;
const MESSAGES = (PER_SECOND * OUTAGES * (OUTAGE_MS + BETWEEN_MS)) / 1_000;
/** After the last message: for the slowest redial, and what it brings with it. */
const SETTLE_MS = 25_000;

const count = (key: string, title: string): Figure => ({
	...{ key, title, better: "less", against: null, digits: 0 },
});

const figures = (way: string, said: string): readonly Figure[] =>
	["lost", "repeated", "reordered"].map((what) => count(`${way}-${what}`, `${said}, ${what}`));

export const loss: Measure = {
	name: "loss",
	title: `Lost, repeated, reordered over ${OUTAGES} outages of ${OUTAGE_MS / 1_000} s`,
	how: `${PER_SECOND} messages a second each way, ${MESSAGES.toLocaleString("en")} in all, while links are reset and dials refused ${OUTAGES} times; the server lives on, counted ${SETTLE_MS / 1_000} s after the last. Unsaid: lost, and the program was not told that this publish failed`,
	figures: [
		...figures("down", "server → client"),
		...figures("up", "client → server"),
		count("up-unsaid", "client → server, unsaid"),
	],
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
			const [down, up] = await Promise.all([
				stage.client.ask({ do: "report" }, "report"),
				stage.server.ask({ do: "report" }, "report"),
			]);
			const lost = MESSAGES - up.arrived;
			const unsaid = { "up-unsaid": Math.max(0, lost - down.refused) };
			return { ...result("down", down), ...result("up", up), ...unsaid };
		}),
};

const result = (way: string, report: TallyReport): Readonly<Record<string, Outcome>> => ({
	[`${way}-lost`]: MESSAGES - report.arrived,
	[`${way}-repeated`]: report.repeated,
	[`${way}-reordered`]: report.reordered,
});
