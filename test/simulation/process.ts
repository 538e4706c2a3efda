import { disposable, dispose } from "../../src/reactive/disposable.js";
import { sleep } from "../../src/runtime/clock.js";
import type { Clock } from "../../src/runtime/runtime.js";

/**
 * A program on a machine of its own: its wall clock may be wrong, it may stand still for a while, and
 * with its death all that it had planned is gone. What waits for a dead program waits for ever.
 */
export class Process {
	readonly clock: Clock;
	readonly #world: Clock;
	readonly #live = new Set<Disposable>();
	#isAlive = true;
	#wallOffset = 0;
	#frozenUntil = 0;

	constructor(world: Clock) {
		this.#world = world;
		this.clock = {
			now: () => world.now() + this.#wallOffset,
			monotonic: () => world.monotonic(),
			setTimeout: (run, ms, label) => this.#setTimeout(run, ms, label),
			sleep: (ms, signal) => sleep(this.clock, ms, signal),
		};
	}

	get isAlive(): boolean {
		return this.#isAlive;
	}

	/** Timers that wait. */
	get timers(): number {
		return this.#live.size;
	}

	kill(): void {
		this.#isAlive = false;
		for (const timer of this.#live) dispose(timer);
		this.#live.clear();
	}

	/** Its wall clock is set; nothing else of it notices. */
	jump(ms: number): void {
		this.#wallOffset += ms;
	}

	/** It stands still: what becomes due meanwhile runs late. */
	freeze(ms: number): void {
		this.#frozenUntil = this.#world.monotonic() + ms;
	}

	/** The result of something outside, as long as there is anybody to take it. */
	async outside<T>(work: Promise<T>): Promise<T> {
		try {
			const result = await work;
			return this.#isAlive ? result : await new Promise<T>(() => {});
		} catch (reason) {
			if (!this.#isAlive) await new Promise<T>(() => {});
			throw reason;
		}
	}

	#setTimeout(run: () => void, ms: number, label: string): Disposable {
		if (!this.#isAlive) return disposable(() => {});
		let timer: Disposable;
		const fire = (): void => {
			const late = this.#frozenUntil - this.#world.monotonic();
			if (late > 0) {
				timer = this.#world.setTimeout(fire, late, label);
				return;
			}
			this.#live.delete(own);
			run();
		};
		timer = this.#world.setTimeout(fire, ms, label);
		const own = disposable(() => {
			this.#live.delete(own);
			dispose(timer);
		});
		this.#live.add(own);
		return own;
	}
}
