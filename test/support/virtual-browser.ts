/*
 * A browser with many tabs in one process, on virtual time: locks that can be stolen, channels between
 * tabs, and tabs that are hidden, frozen, stopped or killed. Each tab has a network of its own, and a
 * clock that stands while it does.
 */
import { createClient } from "../../src/client/create-client.js";
import type { Client } from "../../src/client/client.js";
import type { ClientOptions } from "../../src/client/options.js";
import { ASYNC_DISPOSE, DISPOSE, disposable } from "../../src/reactive/disposable.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { memoryStorage } from "../../src/runtime/memory.js";
import type { Clock, Locks, Logger, Runtime, TabChannel, Tabs } from "../../src/runtime/runtime.js";
import {
	createFakeServer,
	createLifecycle,
	createNetwork,
	createVirtualClock,
	type FakeServer,
	type FakeServerOptions,
	type NetworkStack,
	type SimulatedHost,
	seededRandom,
	type SimulatedLifecycle,
	type VirtualClock,
} from "../../src/testing.js";

/** A clock of one tab: while the tab stands still, what becomes due waits, and runs when it goes on. */
class TabClock implements Clock {
	readonly #base: VirtualClock;
	#waiting: (() => void)[] = [];
	state: "runs" | "stands" | "dead" = "runs";
	/** Timers come no more often. */
	atLeastMs = 0;

	constructor(base: VirtualClock) {
		this.#base = base;
	}

	now(): number {
		return this.#base.now();
	}

	monotonic(): number {
		return this.#base.monotonic();
	}

	setTimeout(run: () => void, ms: number, label: string): Disposable {
		const isThrottled = this.atLeastMs > 0 && label !== "event";
		let isCancelled = false;
		const due = (): void => {
			if (isCancelled || (this.state === "dead" && label !== "event")) return;
			if (this.state === "stands") this.#waiting.push(due);
			else run();
		};
		const waitMs = isThrottled ? Math.max(ms, this.atLeastMs) : ms;
		const timer = this.#base.setTimeout(due, waitMs, label);
		return disposable(() => {
			isCancelled = true;
			timer[DISPOSE]();
		});
	}

	sleep(ms: number, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			const timer = this.setTimeout(resolve, ms, "sleep");
			signal?.addEventListener("abort", () => {
				timer[DISPOSE]();
				reject(signal.reason);
			});
		});
	}

	/** Of what is no timer of the page's: it is not throttled, and a kernel outlives its process. */
	get kernel(): Clock {
		return {
			now: () => this.now(),
			monotonic: () => this.monotonic(),
			sleep: (ms, signal) => this.sleep(ms, signal),
			setTimeout: (run, ms, label) => {
				if (this.state === "dead") return this.#base.setTimeout(run, ms, label);
				return this.setTimeout(run, ms, "event");
			},
		};
	}

	/** What the event loop does next, unless the tab stands. */
	soon(run: () => void, ms = 0): void {
		this.setTimeout(run, ms, "event");
	}

	goOn(): void {
		this.state = "runs";
		for (const due of this.#waiting.splice(0)) this.soon(due);
	}
}

interface Wish {
	readonly tab: VirtualTab;
	readonly grant: (lock: Disposable) => void;
	readonly lost: () => void;
}

export interface BrowserOptions {
	readonly seed?: number;
	readonly server?: Partial<FakeServerOptions>;
	readonly options?: Partial<ClientOptions>;
	/** "never": a browser whose locks are asked for and never come. */
	readonly locks?: "work" | "never";
}

const CHANNEL_MS = 1;
const URLS = ["wss://primary.test", "wss://backup.test"];

export class VirtualBrowser {
	readonly clock = createVirtualClock();
	readonly server: FakeServer & SimulatedHost;
	readonly tabs: VirtualTab[] = [];
	readonly storage = memoryStorage();
	/** All that was ever posted between tabs. */
	readonly posted: unknown[] = [];
	readonly names = new Set<string>();
	readonly options: BrowserOptions;
	readonly random: () => number;
	readonly #held = new Map<string, Wish>();
	readonly #queues = new Map<string, Wish[]>();
	readonly #channels = new Map<string, Set<{ tab: VirtualTab; hear(message: unknown): void }>>();

	constructor(options: BrowserOptions = {}) {
		const { seed = 1, server } = options;
		this.options = options;
		this.random = seededRandom(seed);
		this.server = createFakeServer({
			clock: this.clock,
			random: seededRandom(seed + 1),
			...server,
		});
	}

	open(options: Partial<ClientOptions> = {}): VirtualTab {
		const tab = new VirtualTab(this, options);
		this.tabs.push(tab);
		return tab;
	}

	/** Tabs that live and have an open connection. */
	get connections(): number {
		return this.server.connections;
	}

	/** Locks that somebody has. */
	get held(): number {
		return this.#held.size;
	}

	/** Places on channels. */
	get places(): number {
		return [...this.#channels.values()].reduce((sum, places) => sum + places.size, 0);
	}

	get leaders(): readonly VirtualTab[] {
		return this.tabs.filter(
			({ client, clock }) => clock.state !== "dead" && client.sharing.get().role === "leader",
		);
	}

	get leader(): VirtualTab {
		const [leader] = this.leaders;
		if (leader === undefined) throw new Error("nobody leads");
		return leader;
	}

	get followers(): readonly VirtualTab[] {
		return this.tabs.filter(
			({ client, clock }) => clock.state !== "dead" && client.sharing.get().role === "follower",
		);
	}

	/** Posts as a script of the page's would that is not ours. */
	shout(message: unknown): void {
		for (const places of this.#channels.values())
			for (const { tab, hear } of places) tab.clock.soon(() => hear(message), CHANNEL_MS);
	}

	portOf(tab: VirtualTab): Tabs {
		return {
			digest: async (text) => text,
			open: (name, hear) => this.#join(tab, name, hear),
			lock: (name, { how, signal, lost }) =>
				new Promise((resolve, reject) => {
					signal.addEventListener("abort", () => reject(signal.reason));
					if (signal.aborted || this.options.locks === "never") return;
					const wish = { tab, lost, grant: resolve };
					if (how === "steal") this.#steal(name, wish);
					else this.#queue(name, wish);
					signal.addEventListener("abort", () => this.#unqueue(name, wish));
				}),
		};
	}

	/** As an outbox takes its slots. */
	locksOf(tab: VirtualTab): Locks {
		return {
			tryAcquire: async (name) => {
				if (this.#held.has(name)) return null;
				return new Promise((grant) => this.#queue(name, { tab, grant, lost: () => {} }));
			},
			acquire: (name, signal) =>
				new Promise((resolve, reject) => {
					const abort = (): void => {
						this.#unqueue(name, wish);
						reject(signal.reason);
					};
					const grant = (lock: Disposable): void => {
						signal.removeEventListener("abort", abort);
						resolve(lock);
					};
					const wish = { tab, grant, lost: () => {} };
					signal.addEventListener("abort", abort);
					this.#queue(name, wish);
				}),
		};
	}

	forget(tab: VirtualTab): void {
		for (const places of this.#channels.values())
			for (const place of places) if (place.tab === tab) places.delete(place);
		for (const [name, queue] of this.#queues)
			this.#queues.set(
				name,
				queue.filter((wish) => wish.tab !== tab),
			);
		for (const [name, wish] of [...this.#held]) if (wish.tab === tab) this.#release(name, wish);
	}

	#join(tab: VirtualTab, name: string, hear: (message: unknown) => void): TabChannel {
		this.names.add(name);
		const places = this.#channels.get(name) ?? new Set();
		this.#channels.set(name, places);
		const place = { tab, hear };
		places.add(place);
		return {
			post: (message) => {
				const copy = structuredClone(message);
				this.posted.push(copy);
				for (const other of places)
					if (other !== place)
						other.tab.clock.soon(() => places.has(other) && other.hear(copy), CHANNEL_MS);
			},
			[DISPOSE]: () => places.delete(place),
		};
	}

	#queue(name: string, wish: Wish): void {
		if (!this.#held.has(name)) return this.#grant(name, wish);
		this.#queues.set(name, [...(this.#queues.get(name) ?? []), wish]);
	}

	#unqueue(name: string, wish: Wish): void {
		this.#queues.set(
			name,
			(this.#queues.get(name) ?? []).filter((other) => other !== wish),
		);
	}

	#steal(name: string, wish: Wish): void {
		const holder = this.#held.get(name);
		this.#grant(name, wish);
		holder?.tab.clock.soon(holder.lost);
	}

	#grant(name: string, wish: Wish): void {
		this.#held.set(name, wish);
		wish.tab.clock.soon(() => wish.grant(disposable(() => this.#release(name, wish))));
	}

	#release(name: string, wish: Wish): void {
		if (this.#held.get(name) !== wish) return;
		this.#held.delete(name);
		const [next, ...rest] = this.#queues.get(name) ?? [];
		this.#queues.set(name, rest);
		if (next !== undefined) this.#grant(name, next);
	}

	async [ASYNC_DISPOSE](): Promise<void> {
		for (const tab of this.tabs) if (tab.clock.state !== "dead") tab.kill();
		await this.server[ASYNC_DISPOSE]();
	}
}

export class VirtualTab {
	readonly clock: TabClock;
	readonly network: NetworkStack;
	readonly lifecycle: SimulatedLifecycle = createLifecycle();
	readonly client: Client;
	readonly warned: string[] = [];
	readonly heard: unknown[] = [];
	readonly gaps: unknown[] = [];
	readonly errors: string[] = [];
	/** Statuses after each transition. */
	readonly seen: string[] = [];
	readonly #browser: VirtualBrowser;

	constructor(browser: VirtualBrowser, options: Partial<ClientOptions>) {
		this.#browser = browser;
		this.clock = new TabClock(browser.clock);
		const random = seededRandom(Math.floor(browser.random() * 2 ** 31));
		this.network = createNetwork({ clock: this.clock.kernel, random, lifecycle: this.lifecycle });
		const all = { share: "browser", ...browser.options.options, ...options } as const;
		const { endpoints = URLS, api = "https://api.test" } = all;
		for (const url of [...(endpoints as string[]), api].flat())
			this.network.serve(url, browser.server);
		const logger: Logger = { ...silentLogger, warn: (event) => this.warned.push(event) };
		const runtime: Runtime = {
			clock: this.clock,
			random,
			WebSocket: this.network.WebSocket,
			fetch: this.network.fetch,
			storage: browser.storage,
			locks: browser.locksOf(this),
			lifecycle: this.lifecycle,
			logger,
			tabs: browser.portOf(this),
			...all.runtime,
		};
		this.client = createClient({ ...all, endpoints, api, runtime });
		this.client.on("error", ({ code, message }) => this.errors.push(`${code}: ${message}`));
		this.client.on("transition", ({ to }) => this.seen.push(to.status));
	}

	get role(): string {
		return this.client.sharing.get().role;
	}

	listen(channel: string): void {
		this.client.subscribe(channel, ({ data }) => this.heard.push(data), {
			onGap: (gap) => this.gaps.push(gap),
		});
	}

	/** Its process ends. */
	kill(): void {
		this.network.crash();
		this.clock.state = "dead";
		this.#browser.forget(this);
	}

	/** It stands still without a word, as under a debugger; locks and sockets stay. */
	stop(): void {
		this.clock.state = "stands";
	}

	goOn(): void {
		this.clock.goOn();
	}

	/** As a browser does it: it is told first. */
	freeze(): void {
		this.lifecycle.freeze();
		this.clock.state = "stands";
	}

	thaw(): void {
		this.clock.goOn();
		this.lifecycle.resume();
	}
}
