import { DISPOSE } from "../reactive/disposable.js";
import type { Clock } from "../runtime/runtime.js";
import type { SimulatedHost } from "./host.js";
import { Lane, type Weather } from "./lane.js";

/** Which way a fault strikes. */
export type Direction = "both" | "to-server" | "to-client";

/** What can be done to everything that is open on a route. */
export interface Traffic {
	/** Both ends are told, what is under way is lost. */
	reset(): void;
	/** Nobody is told, nothing passes any more. */
	vanish(): void;
	/** The client's program is gone: its kernel sends what it has, and hangs up. */
	abandon(): void;
}

/** The way between the device and one host. */
export class Route {
	readonly up: Lane;
	readonly down: Lane;
	readonly traffic = new Set<Traffic>();
	host: SimulatedHost | null = null;
	#refusals = 0;
	#hangs = 0;

	constructor(clock: Clock, weather: Weather) {
		this.up = new Lane(clock, weather);
		this.down = new Lane(clock, weather);
	}

	/** Nothing listens there. */
	get isRefusing(): boolean {
		return this.#refusals > 0;
	}

	/** New connections get no answer; open ones live. */
	get isHanging(): boolean {
		return this.#hangs > 0;
	}

	lanes(direction: Direction): readonly Lane[] {
		if (direction === "both") return [this.up, this.down];
		return direction === "to-server" ? [this.up] : [this.down];
	}

	refuse(): Disposable {
		this.#refusals++;
		return once(() => this.#refusals--);
	}

	hang(): Disposable {
		this.#hangs++;
		return once(() => this.#hangs--);
	}
}

export function once(undo: () => void): Disposable {
	let isDone = false;
	return {
		[DISPOSE]: () => {
			if (isDone) return;
			isDone = true;
			undo();
		},
	};
}
