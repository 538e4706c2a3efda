/* A peer's server in a process of its own. Orders come over IPC; faults are the business of the proxies before it. */
import { loadPeer, type PeerName } from "./peers/names.js";
import type { Said } from "./peers/peer.js";
import { inPace, Tally, type TallyReport } from "./tally.js";

export type ToServer =
	/** Beats of this phase, so many ms apart; 0: no more of them. */
	| { readonly do: "beat"; readonly phase: number; readonly everyMs: number }
	| { readonly do: "count"; readonly messages: number; readonly perSecond: number }
	| { readonly do: "flood"; readonly messages: number; readonly how: "one" | "together" }
	/** So many of the flood have arrived. */
	| { readonly do: "credit"; readonly received: number }
	| { readonly do: "report" };

export type FromServer =
	| { readonly is: "ready"; readonly port: number }
	| { readonly is: "beating" }
	| { readonly is: "counted" }
	| { readonly is: "flooding" }
	| ({ readonly is: "report" } & TallyReport);

const A_TURN = 500;
/** Enough to keep a receiver busy, and no more than a network would hold. */
const MOST_AHEAD = 5_000;
const TEXT = "x".repeat(100);

const tell = (said: FromServer): void => void process.send?.(said);
const tally = new Tally();
const peer = await loadPeer(process.argv[2] as PeerName);
const served = await peer.serve((said: Said) => {
	if (said.is === "count") tally.take(said.n);
});
let beats: NodeJS.Timeout | undefined;
let received = 0;
let credited: (() => void) | null = null;

process.on("message", (order: ToServer) => {
	switch (order.do) {
		case "beat": {
			clearInterval(beats);
			const { phase, everyMs } = order;
			if (everyMs > 0) beats = setInterval(() => served.publish({ is: "beat", phase }), everyMs);
			return tell({ is: "beating" });
		}
		case "count":
			void inPace(order.messages, order.perSecond, (n) => served.publish({ is: "count", n })).then(
				() => tell({ is: "counted" }),
			);
			return;
		case "flood":
			tell({ is: "flooding" });
			return void flood(order.messages, order.how);
		case "credit":
			received = order.received;
			return credited?.();
		case "report":
			return tell({ is: "report", ...tally.report() });
		default:
			order satisfies never;
	}
});
process.on("disconnect", () => void Promise.resolve(served.stop?.()).then(() => process.exit()));
tell({ is: "ready", port: served.port });

async function flood(messages: number, how: "one" | "together"): Promise<void> {
	received = 0;
	for (let from = 0; from < messages; from += A_TURN) {
		const turn = Array.from({ length: Math.min(A_TURN, messages - from) }, (_, index) => ({
			...({ is: "load", text: TEXT } as const),
			n: from + index,
		}));
		if (how === "together") served.publishTogether(turn);
		else for (const said of turn) served.publish(said);
		await new Promise((resolve) => setImmediate(resolve));
		while (from + A_TURN - received > MOST_AHEAD)
			await new Promise<void>((resolve) => {
				credited = resolve;
			});
	}
}
