import { afterEach, describe, expect, it, vi } from "vitest";
import { dispose } from "../../src/reactive/disposable.js";
import { HostLifecycle, type LifecycleHost } from "../../src/runtime/lifecycle.js";
import type { LifecycleState } from "../../src/runtime/runtime.js";
import { systemRuntime } from "../../src/runtime/system.js";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.js";

afterEach(() => vi.restoreAllMocks());

/** Counts what listens to it. */
class Listened extends EventTarget {
	listeners = 0;
	override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
		this.listeners++;
		super.addEventListener(...args);
	}
	override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
		this.listeners--;
		super.removeEventListener(...args);
	}
}

/** A browser window, as far as a lifecycle looks at it. The document's own events pass through it. */
class Window extends Listened implements LifecycleHost {
	readonly document = { visibilityState: "visible" };
	readonly navigator = { onLine: true };
	readonly clock: VirtualClock;
	intervals = 0;

	constructor(clock: VirtualClock) {
		super();
		this.clock = clock;
	}

	setInterval(run: () => void, ms: number): unknown {
		this.intervals++;
		let timer: Disposable;
		const again = (): void => {
			timer = this.clock.setTimeout(
				() => {
					again();
					run();
				},
				ms,
				"interval",
			);
		};
		again();
		return () => dispose(timer);
	}

	clearInterval(stop: unknown): void {
		this.intervals--;
		(stop as () => void)();
	}

	hide(): void {
		this.document.visibilityState = "hidden";
		this.dispatchEvent(new Event("visibilitychange"));
	}

	show(): void {
		this.document.visibilityState = "visible";
		this.dispatchEvent(new Event("visibilitychange"));
	}

	transition(type: "pagehide" | "pageshow", persisted: boolean): void {
		this.dispatchEvent(Object.assign(new Event(type), { persisted }));
	}

	network(type: "online" | "offline"): void {
		this.navigator.onLine = type === "online";
		this.dispatchEvent(new Event(type));
	}
}

function scene() {
	const clock = createVirtualClock();
	const host = new Window(clock);
	const reported: unknown[] = [];
	const lifecycle = new HostLifecycle(host, clock, (reason) => reported.push(reason));
	return { clock, host, lifecycle, reported };
}

/** Everything that a lifecycle tells, as words. */
function listen(lifecycle: HostLifecycle): string[] {
	const told: string[] = [];
	const inWords = ({ online, visible, frozen }: LifecycleState): string =>
		[
			online ? "online" : "offline",
			visible ? "visible" : "hidden",
			frozen ? "frozen" : "awake",
		].join(" ");
	lifecycle.subscribe((state) => told.push(inWords(state)));
	lifecycle.onWake((reason) => told.push(`wake: ${reason}`));
	return told;
}

const UNTOUCHED: LifecycleState = { online: true, visible: true, frozen: false };

describe("in a browser", () => {
	it("the network's going and coming are told, and each asks for a look", () => {
		const { host, lifecycle } = scene();
		const told = listen(lifecycle);
		host.network("offline");
		host.network("online");
		expect(told).toEqual([
			"offline visible awake",
			"wake: offline",
			"online visible awake",
			"wake: online",
		]);
	});

	it("a page that is shown again asks for a look, one that is hidden does not", () => {
		const { host, lifecycle } = scene();
		const told = listen(lifecycle);
		host.hide();
		host.show();
		expect(told).toEqual(["online hidden awake", "online visible awake", "wake: visible"]);
	});

	it("a frozen page is told before it freezes, and asks for a look when it resumes", () => {
		const { host, lifecycle } = scene();
		const told = listen(lifecycle);
		host.dispatchEvent(new Event("freeze"));
		host.dispatchEvent(new Event("resume"));
		expect(told).toEqual(["online visible frozen", "online visible awake", "wake: resume"]);
	});

	it("a page in the back-forward cache counts as frozen", () => {
		const { host, lifecycle } = scene();
		const told = listen(lifecycle);
		host.transition("pagehide", true);
		host.transition("pageshow", true);
		expect(told).toEqual(["online visible frozen", "online visible awake", "wake: pageshow"]);
	});

	it("a first load and a page that goes for good say nothing", () => {
		const { host, lifecycle } = scene();
		const told = listen(lifecycle);
		host.transition("pageshow", false);
		host.transition("pagehide", false);
		expect(told).toEqual([]);
	});

	it("the state is right without a listener too, and the same object while nothing changes", () => {
		const { host, lifecycle } = scene();
		expect(lifecycle.get()).toEqual(UNTOUCHED);
		expect(lifecycle.get()).toBe(lifecycle.get());
		host.hide();
		host.navigator.onLine = false;
		expect(lifecycle.get()).toEqual({ online: false, visible: false, frozen: false });
	});

	it("a listener is not told of what changed before it came", () => {
		const { host, lifecycle } = scene();
		host.hide();
		const told = listen(lifecycle);
		host.network("offline");
		expect(told).toEqual(["offline hidden awake", "wake: offline"]);
	});
});

describe("a clock jump", () => {
	it.each([60_000, -60_000, 10_001])("of the wall clock by %d ms is told once", async (ms) => {
		const { clock, lifecycle } = scene();
		const told = listen(lifecycle);
		await clock.advance(30_000);
		clock.jump(ms);
		await clock.advance(30_000);
		expect(told).toEqual(["wake: clock-jump"]);
	});

	it("is what a program that stood still for more than 10 s sees", async () => {
		const { clock, lifecycle } = scene();
		const told = listen(lifecycle);
		await clock.advance(30_000);
		await clock.suspend(20_000);
		await clock.advance(30_000);
		expect(told).toEqual(["wake: clock-jump"]);
	});

	it("is not a correction of up to 10 s, nor a pause of that length", async () => {
		const { clock, lifecycle } = scene();
		const told = listen(lifecycle);
		clock.jump(10_000);
		await clock.advance(30_000);
		await clock.suspend(10_000);
		await clock.advance(30_000);
		expect(told).toEqual([]);
	});

	it("is not a hidden page's late timer, of which Chromium lets one run a minute", async () => {
		const { clock, host, lifecycle } = scene();
		host.hide();
		const told = listen(lifecycle);
		for (let minute = 0; minute < 10; minute++) await clock.suspend(60_000);
		expect(told).toEqual([]);
		clock.jump(60_000);
		await clock.suspend(60_000);
		expect(told).toEqual(["wake: clock-jump"]);
	});
});

describe("what is watched", () => {
	it("begins with the first listener, is shared, and ends with the last", () => {
		const { host, lifecycle, clock } = scene();
		const watched = () => [host.listeners, host.intervals];
		expect(watched()).toEqual([0, 0]);
		const leave = [
			lifecycle.subscribe(() => {}),
			lifecycle.onWake(() => {}),
			lifecycle.onWake(() => {}),
		];
		expect(watched()).toEqual([7, 1]);
		leave[0]?.();
		leave[1]?.();
		leave[1]?.();
		expect(watched()).toEqual([7, 1]);
		leave[2]?.();
		expect(watched()).toEqual([0, 0]);
		expect(clock.pending).toEqual([]);
		lifecycle.onWake(() => {})();
		expect(watched()).toEqual([0, 0]);
	});

	it("goes on when a listener throws, which is reported", () => {
		const { host, lifecycle, reported } = scene();
		lifecycle.onWake(() => {
			throw new Error("planted");
		});
		const told = listen(lifecycle);
		host.network("online");
		expect(told).toEqual(["wake: online"]);
		expect(reported).toEqual([new Error("planted")]);
	});
});

describe("where the environment says nothing, as in Node", () => {
	it("it is online and visible, and only the clocks are watched", async () => {
		const clock = createVirtualClock();
		const window = new Window(clock);
		const host: LifecycleHost = {
			setInterval: (run, ms) => window.setInterval(run, ms),
			clearInterval: (timer) => window.clearInterval(timer),
		};
		const lifecycle = new HostLifecycle(host, clock, () => {});
		expect(lifecycle.get()).toEqual(UNTOUCHED);
		const told = listen(lifecycle);
		clock.jump(3_600_000);
		await clock.advance(5_000);
		expect(told).toEqual(["wake: clock-jump"]);
	});

	it("no watch keeps a process alive", () => {
		const set = vi.spyOn(globalThis, "setInterval");
		const leave = systemRuntime().lifecycle.onWake(() => {});
		const timer = set.mock.results[0]?.value as NodeJS.Timeout;
		expect(timer.hasRef()).toBe(false);
		leave();
	});
});
