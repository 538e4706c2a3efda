import type { Moment } from "../policy/moment.js";
import { dispose } from "../reactive/disposable.js";
import type { Report } from "../reactive/readable.js";
import type { Clock } from "../runtime/runtime.js";

/** What every machine's clockwork needs. */
export interface World {
	readonly clock: Clock;
	readonly random: () => number;
	readonly report: Report;
}

/** Wall time beside the monotonic one: what an outbox writes into its records. */
export type WallMoment = Moment & { readonly at: number };

/**
 * A pure machine, and what its owner does with what comes out of it. One for all machines of a kind:
 * a client that idles holds no closure of its own for each.
 */
export interface Definition<O, S, I, E> {
	/** Labels its timer. */
	readonly name: string;
	transition(state: S, input: I, moment: WallMoment, owner: O): readonly [S, readonly E[]];
	dueAt(state: S): number;
	/** Carries out one order. */
	perform(owner: O, effect: E): void;
	/** Called after all orders of an input that changed the state. */
	changed(owner: O, state: S, previous: S): void;
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * Runs one machine: one input at a time, to its end, and one timer at `dueAt`. A timer that is early
 * because the due instant has moved on is left alone: it ticks, nothing happens, the next one is set.
 */
export class Machine<S, I, E, O = unknown> {
	state: S;
	readonly #definition: Definition<O, S, I, E>;
	readonly #owner: O;
	readonly #world: World;
	#timer: Disposable | null = null;
	#timerAt = NEVER;
	#queue: I[] | null = null;

	constructor(initial: S, definition: Definition<O, S, I, E>, owner: O, world: World) {
		this.state = initial;
		this.#definition = definition;
		this.#owner = owner;
		this.#world = world;
	}

	/** A re-entrant call waits its turn: an order that leads to a fact never interrupts the others. */
	send(input: I): void {
		if (this.#queue !== null) {
			this.#queue.push(input);
			return;
		}
		const queue = [input];
		this.#queue = queue;
		for (let next = queue.shift(); next !== undefined; next = queue.shift()) this.#step(next);
		this.#queue = null;
		this.#arm();
	}

	/** Its timer ends; the next input sets it again. */
	stop(): void {
		dispose(this.#timer);
		this.#timer = null;
		this.#timerAt = NEVER;
	}

	#step(input: I): void {
		const { clock, random, report } = this.#world;
		const moment = { now: clock.monotonic(), at: clock.now(), random };
		const previous = this.state;
		try {
			const [state, effects] = this.#definition.transition(previous, input, moment, this.#owner);
			this.state = state;
			for (const effect of effects) this.#definition.perform(this.#owner, effect);
			if (state !== previous) this.#definition.changed(this.#owner, state, previous);
		} catch (reason) {
			report(reason);
		}
	}

	#arm(): void {
		const dueAt = this.#definition.dueAt(this.state);
		if (dueAt === NEVER) return this.stop();
		if (this.#timerAt <= dueAt) return;
		dispose(this.#timer);
		this.#timerAt = dueAt;
		const { clock } = this.#world;
		const waitMs = Math.max(0, dueAt - clock.monotonic());
		this.#timer = clock.setTimeout(() => this.#tick(), waitMs, this.#definition.name);
	}

	#tick(): void {
		this.#timer = null;
		this.#timerAt = NEVER;
		this.send({ type: "ticked" } as I);
	}
}
