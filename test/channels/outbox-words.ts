/* The words in which the tests of the outbox speak. */
import type { OutboxEffect, OutboxInput, Route } from "../../src/channels/contract.js";
import { entries, initialOutbox, type OutboxState, transition } from "../../src/channels/outbox.js";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { OUTBOX, type OutboxPolicy } from "../../src/policy/policies.js";

export const NOW = 1_000_000;
/** Wall time runs beside monotonic time, at another count. */
export const WALL = 1_700_000_000_000;
export const DEDUPE_MS = 600_000;
export const TTL_MS = 86_400_000;

export const stored: OutboxPolicy = { ...OUTBOX, persist: "storage", namespace: "ann" };

type Fact<T extends OutboxInput["type"]> = Extract<OutboxInput, { type: T }>;

export function publish(id: string, channel = "c", more: object = {}): OutboxInput {
	const options = { bytes: 10, ttlMs: TTL_MS, whenOffline: "queue" as const };
	return { type: "publish-requested", id, channel, data: id, ...options, ...more };
}

export function opened(link: number, via: Route["via"] = "websocket"): OutboxInput {
	return { type: "route-opened", route: { link, via }, dedupeMs: DEDUPE_MS };
}

export const closed = (link: number): OutboxInput => ({ type: "route-closed", link });
export const written = (...ids: readonly string[]): OutboxInput => ({ type: "stored", ids });
export const forgotten = (...ids: readonly string[]): OutboxInput => ({ type: "forgotten", ids });
export const ticked: OutboxInput = { type: "ticked" };
export const cleared: OutboxInput = { type: "cleared" };

export function acked(link: number, id: string): OutboxInput {
	const position = { epoch: "e1", offset: 1 };
	return { type: "acknowledged", link, id, position, duplicate: false };
}

export function rejected(
	link: number,
	id: string,
	code: Fact<"rejected">["code"] = "retry",
	retryAfterMs = 1_000,
): OutboxInput {
	return { type: "rejected", link, id, code, retryAfterMs };
}

export function failedWrite(...ids: readonly string[]): OutboxInput {
	return { type: "store-failed", ids, cause: new RealtimeError("internal", "Disk full.") };
}

export function withdrawn(id: string): OutboxInput {
	return { type: "withdrawn", id, cause: new RealtimeError("closed", "Aborted.") };
}

/** What an earlier process left: id, and how long ago it was first sent; null: never. */
export function restored(...left: readonly (readonly [string, number | null])[]): OutboxInput {
	const publishes = left.map(([id, sentForMs], seq) => ({
		...{ id, channel: "c", data: id, seq, queuedAt: WALL, ttlMs: TTL_MS, sentForMs },
		firstSentAt: sentForMs === null ? null : WALL - sentForMs,
	}));
	return { type: "restored", publishes };
}

/** An outbox with a clock: it is told facts, and says in words what it orders. */
export class Box {
	state: OutboxState;
	now = NOW;
	readonly #policy: OutboxPolicy;

	constructor(policy: OutboxPolicy = OUTBOX, state = initialOutbox(policy)) {
		this.state = state;
		this.#policy = policy;
	}

	tell(...inputs: readonly OutboxInput[]): readonly string[] {
		return inputs.flatMap((input) => this.step(input).map(inWords));
	}

	/** Told, and nobody listens. */
	given(...inputs: readonly OutboxInput[]): this {
		for (const input of inputs) this.step(input);
		return this;
	}

	after(ms: number): this {
		this.now += ms;
		return this;
	}

	copy(): Box {
		const copy = new Box(this.#policy, this.state);
		copy.now = this.now;
		return copy;
	}

	step(input: OutboxInput): readonly OutboxEffect[] {
		const moment = { now: this.now, at: WALL + this.now - NOW, random: () => 0 };
		const [state, effects] = transition(this.state, input, this.#policy, moment);
		this.state = state;
		return effects;
	}
}

export function inWords(effect: OutboxEffect): string {
	switch (effect.type) {
		case "send": {
			const ids = effect.publishes.map(({ id, first }) => (first ? `${id}!` : id));
			return `send ${ids.join(" ")} on ${effect.route.link}`;
		}
		case "store":
			return `store ${effect.publishes.map(dated).join(" ")}`;
		case "forget":
			return `forget ${effect.publishes.map(({ id }) => id).join(" ")}`;
		case "settle":
			return `settle ${effect.id} ${effect.receipt.status}`;
		case "fail":
			return `fail ${effect.id} ${effect.cause.code}`;
		default:
			return effect satisfies never;
	}
}

const dated = ({ id, firstSentAt }: { id: string; firstSentAt: number | null }): string =>
	firstSentAt === null ? id : `${id}@${firstSentAt - WALL}`;

/** Publishes 1, 2, 3, … */
export const many = (count: number, first = 1): OutboxInput[] =>
	Array.from({ length: count }, (_, index) => publish(`${first + index}`));
export const inFlight = ({ state }: Box): number =>
	entries(state).filter((entry) => entry.inFlight).length;
