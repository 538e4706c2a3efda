import { Cell, type Report, type Unsubscribe } from "../reactive/readable.js";
import type { Clock, Lifecycle, LifecycleState } from "./runtime.js";

/** What a lifecycle looks at of the global object; all but the timers may be missing. */
export interface LifecycleHost extends Partial<EventTarget> {
	readonly document?: EventTarget & { readonly visibilityState: string };
	readonly navigator?: { readonly onLine?: boolean };
	setInterval(run: () => void, ms: number): unknown;
	clearInterval(timer: unknown): void;
}

type Clocks = Pick<Clock, "now" | "monotonic">;
type Tell = (reason: string | null, frozen?: boolean) => void;

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

	get(): LifecycleState {
		this.#refresh();
		return this.#state.get();
	}

	subscribe(listener: (value: LifecycleState, previous: LifecycleState) => void): Unsubscribe {
		this.#refresh();
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

	/** Keeps the same object while nothing changed: React's useSyncExternalStore depends on it. */
	#refresh(): void {
		const seen = this.#look();
		const { online, visible, frozen } = this.#state.get();
		const isSame = seen.online === online && seen.visible === visible && seen.frozen === frozen;
		if (!isSame) this.#state.set(seen);
	}

	#watch(leave: Unsubscribe): Unsubscribe {
		this.#listeners++;
		this.#unwatch ??= watchHost(this.#host, this.#clocks, (reason, frozen = this.#isFrozen) => {
			this.#isFrozen = frozen;
			this.#refresh();
			if (reason !== null) this.#wakes.set({ reason });
		});
		let hasLeft = false;
		return () => {
			if (hasLeft) return;
			hasLeft = true;
			leave();
			if (--this.#listeners > 0) return;
			this.#unwatch?.();
			this.#unwatch = undefined;
		};
	}
}

function watchHost(host: LifecycleHost, clocks: Clocks, tell: Tell): () => void {
	const undo = [watchClocks(host, clocks, tell)];
	const on = (type: string, react: (event: PageTransitionEvent) => void, target = host) => {
		const listener = react as EventListener;
		target?.addEventListener?.(type, listener);
		undo.push(() => target?.removeEventListener?.(type, listener));
	};
	on("online", () => tell("online"));
	on("offline", () => tell("offline"));
	// A page in the back-forward cache keeps no socket: being put there is as good as being frozen.
	on("pagehide", ({ persisted }) => persisted && tell(null, true));
	on("pageshow", ({ persisted }) => persisted && tell("pageshow", false));
	const page = host.document as Partial<EventTarget> as LifecycleHost;
	on("freeze", () => tell(null, true), page);
	on("resume", () => tell("resume", false), page);
	on("visibilitychange", () => tell(isHidden(host) ? null : "visible"), page);
	return () => {
		for (const each of undo) each();
	};
}

/**
 * After sleep the wall clock has run ahead of the monotonic one (Linux, macOS), or both ahead of a
 * timer (Windows; SIGSTOP; a blocked event loop). The timers of a hidden page are late by themselves
 * (Chromium: once a minute), so there only the clocks count.
 */
function watchClocks(host: LifecycleHost, clocks: Clocks, tell: Tell): () => void {
	let wall = clocks.now();
	let steady = clocks.monotonic();
	const timer = host.setInterval(() => {
		const wallMs = clocks.now() - wall;
		const steadyMs = clocks.monotonic() - steady;
		wall += wallMs;
		steady += steadyMs;
		const lateMs = isHidden(host) ? 0 : steadyMs - WATCH_MS;
		if (Math.max(Math.abs(wallMs - steadyMs), lateMs) > JUMP_MS) tell("clock-jump");
	}, WATCH_MS);
	// It must not keep a Node process alive that is done otherwise.
	(timer as Partial<NodeJS.Timeout>).unref?.();
	return () => host.clearInterval(timer);
}

const isHidden = ({ document }: LifecycleHost): boolean => document?.visibilityState === "hidden";
