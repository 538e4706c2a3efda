import { Cell, type Report, type Unsubscribe } from "../reactive/readable.js";
import type { Clock, Lifecycle, LifecycleState } from "./runtime.js";

/** What a lifecycle looks at of the global object; all but the timers may be missing. */
export interface LifecycleHost extends Partial<EventTarget> {
	readonly document?: { readonly visibilityState: string };
	readonly navigator?: { readonly onLine?: boolean };
	setInterval(run: () => void, ms: number): unknown;
	clearInterval(timer: unknown): void;
}

type Clocks = Pick<Clock, "now" | "monotonic">;

const EVENTS = "online offline pagehide pageshow freeze resume visibilitychange".split(" ");
const WATCH_MS = 5_000;
const JUMP_MS = 10_000;

/**
 * What the environment says of network and page: always online and visible where it says nothing, as
 * in Node. Nothing is watched before the first listener comes and after the last one has left.
 */
export class HostLifecycle implements Lifecycle {
	readonly #host: LifecycleHost;
	readonly #clocks: Clocks;
	readonly #state: Cell<LifecycleState>;
	/** A cell of events: each wake is a new object, so each is told. */
	readonly #wakes: Cell<{ readonly reason: string }>;
	#isFrozen = false;
	#listeners = 0;
	#unwatch: (() => void) | undefined;

	constructor(host: LifecycleHost, clocks: Clocks, report: Report) {
		this.#host = host;
		this.#clocks = clocks;
		this.#state = new Cell(this.#look(), report);
		this.#wakes = new Cell({ reason: "" }, report);
	}

	/** The same object while nothing changed: React's useSyncExternalStore depends on it. */
	get(): LifecycleState {
		const { online, visible, frozen } = this.#state.get();
		const seen = this.#look();
		if (seen.online !== online || seen.visible !== visible || seen.frozen !== frozen)
			this.#state.set(seen);
		return this.#state.get();
	}

	subscribe(listener: (value: LifecycleState, previous: LifecycleState) => void): Unsubscribe {
		this.get();
		return this.#watch(this.#state.subscribe(listener));
	}

	onWake(listener: (reason: string) => void): Unsubscribe {
		return this.#watch(this.#wakes.subscribe(({ reason }) => listener(reason)));
	}

	#look(): LifecycleState {
		const { document, navigator } = this.#host;
		return {
			// Node 21 and up have a navigator that says nothing of the network.
			online: navigator?.onLine ?? true,
			visible: document?.visibilityState !== "hidden",
			frozen: this.#isFrozen,
		};
	}

	readonly #hear = ({ type, persisted }: Partial<PageTransitionEvent>): void => {
		// A first load, or a page that goes for good.
		if (persisted === false) return;
		// In the back-forward cache a page keeps no socket: being put there is as good as being frozen.
		const isEnd = type === "pagehide" || type === "freeze";
		this.#isFrozen = isEnd || (this.#isFrozen && type !== "pageshow" && type !== "resume");
		const { visible } = this.get();
		const isChange = type === "visibilitychange";
		if (!isEnd && (visible || !isChange))
			this.#wakes.set({ reason: isChange ? "visible" : `${type}` });
	};

	#watch(leave: Unsubscribe): Unsubscribe {
		if (this.#listeners++ === 0) this.#unwatch = this.#begin();
		let hasLeft = false;
		return () => {
			if (hasLeft) return;
			hasLeft = true;
			leave();
			if (--this.#listeners === 0) this.#unwatch?.();
		};
	}

	#begin(): () => void {
		const host = this.#host;
		const timer = host.setInterval(this.#compareClocks(), WATCH_MS);
		// It must not keep a Node process alive that is done otherwise.
		(timer as Partial<NodeJS.Timeout>).unref?.();
		// Captured, the document's own events pass here too.
		for (const type of EVENTS) host.addEventListener?.(type, this.#hear as never, true);
		return () => {
			host.clearInterval(timer);
			for (const type of EVENTS) host.removeEventListener?.(type, this.#hear as never, true);
		};
	}

	/**
	 * After sleep the wall clock has run ahead of the monotonic one (Linux, macOS), or both ahead of a
	 * timer (Windows; SIGSTOP; a blocked event loop). The timers of a hidden page are late by themselves
	 * (Chromium: once a minute), so there only the clocks count.
	 */
	#compareClocks(): () => void {
		const clocks = this.#clocks;
		let wall = clocks.now();
		let steady = clocks.monotonic();
		return () => {
			const wallMs = clocks.now() - wall;
			const steadyMs = clocks.monotonic() - steady;
			wall += wallMs;
			steady += steadyMs;
			const lateMs = this.get().visible ? steadyMs - WATCH_MS : 0;
			if (Math.max(Math.abs(wallMs - steadyMs), lateMs) > JUMP_MS)
				this.#hear({ type: "clock-jump" });
		};
	}
}
