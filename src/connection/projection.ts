/* What an app sees of the connection machine. */
import type { RealtimeError } from "../errors/realtime-error.js";
import type { EpochMs } from "../policy/moment.js";
import type { ConnectionMachine } from "./state.js";

/** What the transport knows. What the product promises is the mode: a blip is `reconnecting`, and `normal`. */
export type ConnectionState =
	| { readonly status: "idle" }
	| {
			readonly status: "connecting";
			readonly attempt: number;
			readonly endpoint: string;
			readonly since: EpochMs;
	  }
	| {
			readonly status: "connected";
			readonly endpoint: string;
			readonly role: "primary" | "backup";
			readonly since: EpochMs;
			/** Missed messages were replayed, all of them. */
			readonly recovered: boolean;
			readonly latencyMs: number | null;
	  }
	| {
			readonly status: "reconnecting";
			/** Rounds of dials since the last stable link. */
			readonly attempt: number;
			readonly since: EpochMs;
			/** When the next dial is due; null while one is under way. */
			readonly retryAt: EpochMs | null;
			readonly cause: RealtimeError;
	  }
	/** Retries stopped: the app must fix the cause and call connect(). */
	| { readonly status: "failed"; readonly cause: RealtimeError }
	| { readonly status: "closed" };

/** What the machine does not know. */
export interface Surroundings {
	/** Wall time − monotonic time. */
	readonly offsetMs: number;
	readonly recovered: boolean;
	readonly latencyMs: number | null;
}

export function project(state: ConnectionMachine, around: Surroundings): ConnectionState {
	const { offsetMs, recovered, latencyMs } = around;
	switch (state.status) {
		case "idle":
		case "closed":
			return { status: state.status };
		case "failed":
			return { status: "failed", cause: state.cause };
		case "connecting": {
			const { outage, dial } = state;
			const since = outage.since + offsetMs;
			const endpoint = dial.endpoint.url;
			return { status: "connecting", attempt: outage.attempt, endpoint, since };
		}
		case "connected": {
			const { url, role = "primary" } = state.link.endpoint;
			const since = state.since + offsetMs;
			return { status: "connected", endpoint: url, role, since, recovered, latencyMs };
		}
		case "reconnecting": {
			const { outage, cause, retryAt } = state;
			const since = outage.since + offsetMs;
			const shownAt = retryAt === null ? null : retryAt + offsetMs;
			return { status: "reconnecting", attempt: outage.attempt, since, retryAt: shownAt, cause };
		}
		default:
			return state satisfies never;
	}
}
