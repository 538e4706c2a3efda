/* What the fleet simulator is asked, and what it answers. */
import type { ReconnectPolicy } from "../../policy/policies.js";

/**
 * What happens to a fleet in which everybody is connected (in `"boot-storm"`: nobody).
 *
 * - `"cut-all"`: every link is cut, and the servers can take clients in again at once.
 * - `"endpoint-down"`: the primary, with everybody on it, is gone for good; its backup has the same capacity.
 * - `"rolling-drain"`: ten gateways of one service restart one after the other. Announced, their clients
 *   move by a goodbye, make-before-break; otherwise they are cut.
 * - `"flap"`: all links are cut three times, half of clients ÷ acceptsPerSecond apart.
 * - `"region-blip"`: a quarter of the clients has no network for 20 s, and notices by silence.
 * - `"boot-storm"`: all start within a tenth of clients ÷ acceptsPerSecond, and know of no window yet.
 */
export type FleetScenario =
	| "cut-all"
	| "endpoint-down"
	| "rolling-drain"
	| "flap"
	| "region-blip"
	| "boot-storm";

/** What to simulate. The same options give the same report, on every machine. */
export interface FleetOptions {
	/** How many. A million take minutes and about 3 GB. */
	readonly clients: number;
	/** An integer: where all chance comes from. */
	readonly seed: number;
	/** How many connections the servers can take in each second, all of them together. */
	readonly acceptsPerSecond: number;
	/**
	 * What turning a client away costs the servers, as a part of what taking it in costs, 0 to 1. A 503
	 * after a TLS handshake is about 0.8. The client sees 1006, as in a browser.
	 */
	readonly rejectCost: number;
	/** What happens to them. */
	readonly scenario: FleetScenario;
	/**
	 * W, the server's reconnect window, as a multiple of clients ÷ acceptsPerSecond (of a gateway's
	 * clients, in a rolling drain): each client knows it from its `welcome`. `announced`: a close reason or a
	 * goodbye names it for this very loss, so that the first redial is spread over it too. As in the client, ten
	 * minutes are the most that count. `"none"`: the server names no window.
	 */
	readonly window: "none" | { readonly multiple: number; readonly announced: boolean };
	/** The clients' `reconnect` option; `admissionUrl` has no meaning here. @default the client's */
	readonly policy?: Partial<ReconnectPolicy>;
	/** When to stop if not everybody is back by then. @default 50 × clients ÷ acceptsPerSecond */
	readonly limitMs?: number;
}

/**
 * What became of them. Times are multiples of clients ÷ acceptsPerSecond, the least that any algorithm
 * can need, and count from the first fault to the instant from which on a client stayed connected. They
 * are about the clients that the scenario touches.
 */
export interface FleetReport {
	/** When half were back; Infinity: they were not, within the limit. */
	readonly p50: number;
	/** When 99 % were; Infinity: they were not. */
	readonly p99: number;
	/** When the last one was; null: not within the limit. */
	readonly all: number | null;
	/** Dials, of those touched. 1 is the least, but for a rolling drain, in which a client may move twice. */
	readonly attemptsPerClient: number;
	/** The most dials that reached a server within one step of the timeline, as a multiple of its capacity. */
	readonly peakArrivalsOverCapacity: number;
	/** Each step is a hundredth of clients ÷ acceptsPerSecond; `connected` at its end, `arrivals` within it. */
	readonly timeline: readonly FleetStep[];
	/** Each client is in one of these, and each dial too. */
	readonly counts: FleetCounts;
}

/** One step of the timeline. */
export interface FleetStep {
	/** The end of the step, in milliseconds since the first fault. */
	readonly atMs: number;
	/** Clients with a link that works. */
	readonly connected: number;
	/** Dials that reached a server that is up. */
	readonly arrivals: number;
}

/** Clients and dials at the end; nobody is lost sight of. */
export interface FleetCounts {
	/** Clients with a link that works, touched or not. */
	readonly connected: number;
	/** Clients without one. */
	readonly away: number;
	/** Clients that the scenario touches. */
	readonly touched: number;
	/** Dials since the first fault: the sum of the five below. */
	readonly attempts: number;
	/** Dials that ended with a `welcome`. */
	readonly welcomed: number;
	/** Dials turned away by a server that had too much to do. */
	readonly rejected: number;
	/** Dials of an endpoint that was down. */
	readonly refused: number;
	/** Dials given up, at their deadline or for another reason. */
	readonly abandoned: number;
	/** Dials that have no answer yet. */
	readonly pending: number;
}
