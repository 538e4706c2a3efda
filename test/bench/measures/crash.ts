import type { Measure } from "../measure.js";
import { everybodyIn, pause, withStage } from "../stage.js";

const CLIENTS = 10;
const MINUTE_MS = 60_000;
/** A link lives for 0 to so long: a handshake goes through, mostly. */
const CRASH_MS = 100;

export const crash: Measure = {
	name: "crash",
	title: "Attempts at a crashing server",
	how: `${CLIENTS} connected clients, then for a minute a server whose links are all reset every ${CRASH_MS} ms; connections in that minute, of each client`,
	figures: [
		{ key: "attempts", title: "attempts a minute", better: "less", against: null, digits: 0 },
	],
	needs: ["reconnect"],
	turns: "all at once",
	measure: (peer) =>
		withStage(peer, { clients: CLIENTS }, async (stage) => {
			await everybodyIn(stage);
			const { proxy } = stage;
			const before = proxy.connections;
			const timer = setInterval(() => proxy.reset(), CRASH_MS);
			await pause(MINUTE_MS);
			clearInterval(timer);
			return { attempts: (proxy.connections - before) / CLIENTS };
		}),
};
