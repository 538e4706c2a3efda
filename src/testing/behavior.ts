/** A dial as it reached the server. */
export interface Dial {
	/** 1 for the first that ever reached it. */
	readonly attempt: number;
	/** The endpoint's URL, as the client was given it. */
	readonly endpoint: string;
}

/**
 * What a fake server does with a dial.
 * - "accept": a real server half takes it.
 * - "hang": takes the TCP connection and never answers the upgrade.
 * - "mute": answers the upgrade and says nothing: no welcome ever comes.
 * - `refuse`: an HTTP status instead of an upgrade; browsers show their pages 1006 alone.
 * - `acceptThenClose`: a close code, `afterMs` after the upgrade, welcome and all in between.
 */
export type DialOutcome =
	| "accept"
	| "hang"
	| "mute"
	| { readonly refuse: number; readonly retryAfterMs?: number }
	| { readonly acceptThenClose: number; readonly afterMs: number };

/** Decides each dial anew. */
export type Behavior = (dial: Dial) => DialOutcome;

/** What a fake server does with an HTTP request: "answer" as a real server half would, or one of the faults. */
export type ApiOutcome =
	| "answer"
	| "hang"
	| { readonly refuse: number; readonly retryAfterMs?: number }
	/** Something else's answer: a captive portal's page, a proxy's. */
	| { readonly respond: () => Response };

/** Decides each HTTP request anew. */
export type ApiBehavior = (request: Request) => ApiOutcome;

/**
 * One after the other, a dial each; the last one stays.
 *
 * @example server.behavior = sequence("hang", { refuse: 503 }, "accept");
 */
export function sequence(...behaviors: readonly (Behavior | DialOutcome)[]): Behavior {
	let next = 0;
	return (dial) => {
		const behavior = behaviors[Math.min(next, behaviors.length - 1)] ?? "accept";
		next++;
		return toBehavior(behavior)(dial);
	};
}

export function toBehavior(behavior: Behavior | DialOutcome): Behavior {
	return typeof behavior === "function" ? behavior : () => behavior;
}
