/*
 * A real Envoy: installed, started, looked after, replaced by another (`replacement.ts` decides how) and
 * ended. It is known by its files and its socket alone.
 */
import { rm } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { ProxyFacts } from "../../control/proxy-facts.js";
import type { KeyPair } from "../../tls/authority.js";
import { checkFree } from "../../tools/free-port.js";
import type { EndpointSet, ProxyModel } from "../model/model.js";
import type { Admin } from "./admin.js";
import { EnvoyInstallation } from "./envoy-installation.js";
import type { Material } from "../material.js";
import { checkStart, clientsOf, factsOf, stopListening } from "./asking.js";
import { EnvoyProcess } from "./envoy-process.js";
import { limitKey } from "./render/bootstrap.js";
import { type Input, type Order, type Replacement, replace, type Way } from "./replacement.js";
import { Watch } from "./watch.js";

export interface EnvoyOptions {
	/** The program. */
	readonly path: string;
	/** A folder of its own; absolute and short. Removed at the end. */
	readonly root: string;
	readonly model: ProxyModel;
	readonly material: Material;
	/** @default 1 */
	readonly concurrency?: number;
	/** Which kind of replacement its processes are made for. @default "handover" */
	readonly way?: Way;
	/** How long an old one may keep clients. @default 30_000 */
	readonly partWithinMs?: number;
	/** Told of what happens to its processes. */
	readonly report?: (what: string) => void;
}

/** Asks the clients that came through the old process to leave; resolves when they have been asked. */
export type Goodbye = () => Promise<void>;

const LIVE_WITHIN_MS = 15_000;
const LOOK_MS = 50;
/** Both take newcomers for so long: whoever is in the old one's queue is taken too. */
const DRAIN_MS = 1_000;
/** After the last WebSocket: its close has still to reach the client. */
const LAST_BYTES_MS = 1_000;
/** The numbers that are free for `--base-id`, below what Envoy multiplies by ten. */
const BASE_IDS = 400_000_000;

interface Running {
	readonly process: EnvoyProcess;
	readonly startedAt: number;
	/** Null: it shares nothing. */
	readonly hot: { readonly baseId: number; readonly epoch: number } | null;
}

/** Who ordered a replacement. */
interface Waiting {
	resolve(): void;
	reject(why: Error): void;
}

export class Envoy {
	readonly installation: EnvoyInstallation;
	readonly #options: EnvoyOptions;
	readonly #running = new Map<number, Running>();
	#state: Replacement = { is: "serving", current: 0, isHotBlocked: false };
	readonly #baseIds = new Set<number>();
	#goodbye: Goodbye = async () => undefined;
	#settle: Waiting | null = null;
	#trouble: string | null = null;
	#watch: Watch | null = null;
	#isStopping = false;

	constructor(options: EnvoyOptions) {
		this.#options = options;
		this.installation = new EnvoyInstallation(options.path, options.root, options.model);
	}

	/** Of the process that serves. Throws before the start. */
	get admin(): Admin {
		const { is } = this.#state;
		const id = is === "starting" ? (this.#state.old ?? this.#state.next) : this.#state.current;
		const running = this.#running.get(id);
		if (running === undefined) throw new Error("Envoy does not run.");
		return running.process.admin;
	}

	/** That run now: one, or two while it is replaced. */
	get pids(): readonly number[] {
		return [...this.#running.values()].map(({ process }) => process.child.pid);
	}

	get state(): Replacement {
		return this.#state;
	}

	/** What is wrong now, for people; null: nothing. */
	get trouble(): string | null {
		return this.#trouble ?? this.#watch?.trouble ?? null;
	}

	/** Rejects in words for people, and leaves nothing. */
	async start(): Promise<void> {
		const { model, material } = this.#options;
		try {
			for (const listener of model.listeners) await checkFree(listener);
			await this.installation.install(material);
			const { process } = this.#spawn(0, this.#wayOf() === "hot-restart" ? newBase() : null);
			await process.live(LIVE_WITHIN_MS);
			await checkStart(process.admin, model);
		} catch (error) {
			await this.stop();
			throw error;
		}
		this.#watch = new Watch(() => this.admin, model);
	}

	/** Of the process that serves. */
	facts(cluster: string): Promise<ProxyFacts> {
		return factsOf(this.admin, cluster, this.pids.length);
	}

	setEndpoints(set: EndpointSet): Promise<void> {
		return this.installation.setEndpoints(set);
	}

	setCertificate(name: string, pair: KeyPair): Promise<void> {
		return this.installation.setCertificate(name, pair);
	}

	/** At once. Who is connected stays. */
	setConnectionLimit(listener: string, limit: number): Promise<void> {
		return this.admin.setRuntime(limitKey(listener), String(limit));
	}

	/**
	 * A new process for the running one, whose clients are asked to leave. Resolves when the old one is gone;
	 * rejects where the new one does not start (the old one serves on), or another replacement is under way.
	 */
	async replace(goodbye: Goodbye): Promise<void> {
		// Of a replacement that is under way it must not change: a fresh one may have to be started.
		if (this.#state.is === "serving") await this.installation.setBootstrap();
		return new Promise((resolve, reject) => {
			const before = { goodbye: this.#goodbye, settle: this.#settle };
			this.#goodbye = goodbye;
			this.#settle = { resolve, reject };
			const refusal = this.#take({ is: "ordered", way: this.#wayOf() });
			if (refusal === null) return;
			this.#goodbye = before.goodbye;
			this.#settle = before.settle;
			reject(new Error(refusal));
		});
	}

	/** Resolves when no process of it is left, and no file. */
	async stop(): Promise<void> {
		this.#isStopping = true;
		this.#watch?.stop();
		await Promise.all([...this.#running.values()].map(({ process }) => process.child.stop()));
		this.#settle?.reject(new Error("Envoy was stopped."));
		await rm(this.#options.root, { recursive: true, force: true });
		for (const baseId of this.#baseIds) await rm(sharedMemory(baseId), { force: true });
	}

	#wayOf(): Way {
		return this.#options.way ?? "handover";
	}

	/** Returns why an order was refused. */
	#take(input: Input): string | null {
		const { state, orders } = replace(this.#state, input);
		this.#state = state;
		let refusal: string | null = null;
		for (const order of orders)
			if (order.do === "refuse") refusal = order.why;
			else this.#obey(order);
		return refusal;
	}

	#obey(order: Exclude<Order, { do: "refuse" }>): void {
		switch (order.do) {
			case "start":
				return this.#begin(order);
			case "kill":
				return void this.#running.get(order.id)?.process.child.signal("SIGKILL");
			case "part":
				return void this.#part(order.id, order.way);
			case "stop":
				return void this.#running.get(order.id)?.process.child.stop();
			case "report":
				this.#trouble = order.what;
				return this.#options.report?.(order.what);
			case "fail":
				this.#options.report?.(order.why);
				return this.#finish(({ reject }) => reject(new Error(order.why)));
			case "done":
				return this.#finish(({ resolve }) => resolve());
			default:
				order satisfies never;
		}
	}

	/** What was wrong meanwhile was said; what is wrong now, the watch will see. */
	#finish(settle: (waiting: Waiting) => void): void {
		if (this.#settle !== null) settle(this.#settle);
		this.#settle = null;
		this.#trouble = null;
	}

	#begin({ id, way, parent }: Order & { do: "start" }): void {
		const hot = parent === null ? null : (this.#running.get(parent)?.hot ?? null);
		const next = hot === null ? newBase() : { ...hot, epoch: hot.epoch + 1 };
		const isShared = way === "hot-restart" && hot !== null;
		const alone = this.#wayOf() === "hot-restart" ? newBase() : null;
		const { process } = this.#spawn(id, isShared ? next : alone);
		process.live(LIVE_WITHIN_MS).then(
			() => this.#take({ is: "live", id }),
			() => this.#take({ is: "too-late", id }),
		);
	}

	#spawn(id: number, hot: Running["hot"]): Running {
		const { path: envoy, root: folder, concurrency = 1 } = this.#options;
		const parentShutdownMs = this.#partWithinMs() + DRAIN_MS;
		const { layout } = this.installation;
		const process = new EnvoyProcess({
			envoy,
			folder,
			bootstrap: layout.bootstrap,
			admin: layout.admin(id),
			concurrency,
			drainMs: DRAIN_MS,
			hot: hot === null ? null : { ...hot, parentShutdownMs },
		});
		if (hot !== null) this.#baseIds.add(hot.baseId);
		const running = { process, hot, startedAt: performance.now() };
		this.#running.set(id, running);
		void process.child.ended.then(() => this.#ended(id));
		return running;
	}

	#ended(id: number): void {
		this.#running.delete(id);
		if (this.#isStopping) return;
		const { is } = this.#state;
		// A parent's time runs from its child's start.
		const child = is === "serving" ? undefined : this.#running.get(id + 1);
		const due = (child?.startedAt ?? 0) + this.#partWithinMs();
		this.#take({ is: "ended", id, isEarly: performance.now() < due });
	}

	#partWithinMs(): number {
		return this.#options.partWithinMs ?? 30_000;
	}

	async #part(id: number, way: Way): Promise<void> {
		const admin = this.#running.get(id)?.process.admin;
		if (admin === undefined) return;
		// Goodbye comes when it takes nobody any more: else who leaves could come back to it.
		const { listeners } = this.#options.model;
		if (way === "handover") await stopListening(admin, listeners.length, 2 * DRAIN_MS);
		await this.#goodbye().catch((reason: unknown) => this.#options.report?.(String(reason)));
		const giveUpAt = performance.now() + this.#partWithinMs();
		let emptyAt: number | null = null;
		while (this.#running.has(id) && performance.now() < giveUpAt) {
			const now = performance.now();
			const { upgrades, connections } = await clientsOf(admin);
			if (upgrades > 0) emptyAt = null;
			else emptyAt ??= now;
			if (emptyAt !== null && (connections === 0 || now > emptyAt + LAST_BYTES_MS)) break;
			await wait(LOOK_MS);
		}
		this.#take({ is: "left", id });
	}
}

function newBase() {
	return { baseId: 1 + Math.floor(Math.random() * BASE_IDS), epoch: 0 };
}

/** Envoy leaves it behind. */
const sharedMemory = (baseId: number): string => `/dev/shm/envoy_shared_memory_${baseId}0`;
