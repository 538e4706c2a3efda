import { Cell, type Unsubscribe } from "../reactive/readable.js";
import type { Lifecycle, LifecycleState } from "../runtime/runtime.js";

/** A page or device whose visibility and sleep a test controls. */
export interface SimulatedLifecycle extends Lifecycle {
	/** The page goes to the background. No wake comes of it. */
	hide(): void;
	/** The page is looked at again: wakes with "visible". */
	show(): void;
	/** The page is frozen, or put into the back-forward cache. Move the clock with `suspend()` meanwhile. */
	freeze(): void;
	/** The page thaws: wakes with "resume". */
	resume(): void;
	/** The environment says: look now ("clock-jump", "pageshow", a reason of the app's own). */
	wake(reason: string): void;
	/** What the device believes of its network; `SimulatedNetwork.offline()` sets it too. */
	setOnline(online: "online" | "offline"): void;
}

/** A lifecycle that is online, visible and awake until it is told otherwise. */
export function createLifecycle(): SimulatedLifecycle {
	return new ControlledLifecycle();
}

const rethrow = (reason: unknown): void => {
	throw reason;
};

class ControlledLifecycle implements SimulatedLifecycle {
	readonly #state = new Cell<LifecycleState>(
		{ online: true, visible: true, frozen: false },
		rethrow,
	);
	readonly #wakes = new Set<(reason: string) => void>();

	get(): LifecycleState {
		return this.#state.get();
	}

	subscribe(listener: (value: LifecycleState, previous: LifecycleState) => void): Unsubscribe {
		return this.#state.subscribe(listener);
	}

	onWake(listener: (reason: string) => void): Unsubscribe {
		// A listener of its own each time, so that one function subscribed twice is called twice.
		const own = (reason: string): void => listener(reason);
		this.#wakes.add(own);
		return () => this.#wakes.delete(own);
	}

	hide(): void {
		this.#set({ visible: false });
	}

	show(): void {
		this.#set({ visible: true });
		this.wake("visible");
	}

	freeze(): void {
		this.#set({ frozen: true });
	}

	resume(): void {
		this.#set({ frozen: false });
		this.wake("resume");
	}

	setOnline(online: "online" | "offline"): void {
		this.#set({ online: online === "online" });
		this.wake(online);
	}

	wake(reason: string): void {
		for (const listener of [...this.#wakes]) listener(reason);
	}

	#set(change: Partial<LifecycleState>): void {
		this.#state.set({ ...this.#state.get(), ...change });
	}
}
