/*
 * A real HAProxy: a master and its worker, installed, started, told of endpoints by its runtime API, and
 * reloaded, which leaves the old worker as long as anybody is connected to it.
 */
import { execFile } from "node:child_process";
import { appendFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { ProxyFacts } from "../../control/proxy-facts.js";
import type { KeyPair } from "../../tls/authority.js";
import { Child } from "../child.js";
import type { Material } from "../material.js";
import { missingTool } from "../../tools/find-tool.js";
import { checkFree } from "../../tools/free-port.js";
import { checkEndpoints } from "../model/check-cluster.js";
import { checkModel } from "../model/check-model.js";
import type { Endpoint, EndpointSet, ProxyModel } from "../model/model.js";
import { place } from "../place.js";
import { renderHaproxy } from "./render/configuration.js";
import { type HaproxyLayout, type HaproxyOptions, haproxyLayoutOf } from "./render/layout.js";
import { limitVariable } from "./render/words.js";
import { Runtime } from "./runtime.js";
import { emptySlots, planSlots, type SlotOrder, type Slots } from "./slots.js";

export interface HaproxySetup {
	/** The program. */
	readonly path: string;
	/** A folder of its own; absolute and short. Removed at the end. */
	readonly root: string;
	readonly model: ProxyModel;
	readonly material: Material;
	readonly options?: Partial<Omit<HaproxyOptions, "endpoints">>;
	/** @default "empty-first" */
	readonly slotOrder?: SlotOrder;
}

const LIVE_WITHIN_MS = 15_000;
const LOOK_MS = 20;
const SLOTS = 16;

export class Haproxy {
	readonly layout: HaproxyLayout;
	readonly runtime: Runtime;
	readonly master: Runtime;
	readonly #setup: HaproxySetup;
	readonly #slots = new Map<string, Slots>();
	/** The last lists that it was told, by cluster. */
	readonly #wanted = new Map<string, readonly Endpoint[]>();
	#child: Child | null = null;
	#trouble: string | null = null;
	#isStopping = false;

	constructor(setup: HaproxySetup) {
		this.#setup = setup;
		checkModel(setup.model);
		this.layout = haproxyLayoutOf(setup.root);
		this.runtime = new Runtime(this.layout.admin);
		this.master = new Runtime(this.layout.master);
		for (const { name, endpoints } of setup.model.clusters)
			if (endpoints === "file") this.#slots.set(name, this.#emptySlots());
	}

	get trouble(): string | null {
		return this.#trouble;
	}

	/** Of the master. */
	get pid(): number {
		return this.#child?.pid ?? 0;
	}

	/** Rejects in words for people, and leaves nothing. */
	async start(): Promise<void> {
		const { path, model, material } = this.#setup;
		try {
			for (const listener of model.listeners) await checkFree(listener);
			await this.#writeMaterial(material);
			await this.#writeConfiguration();
			const { configuration, master } = this.layout;
			const args = ["-W", "-db", "-f", configuration, "-S", `${master},mode,600`];
			const child = new Child({
				path,
				args,
				folder: this.#setup.root,
				said: (line) => void this.#log(line),
			});
			this.#child = child;
			void child.ended.then(() => {
				if (!this.#isStopping) this.#trouble = `HAProxy ended by itself: ${child.lastWords.at(-1)}`;
			});
			await this.#live(child);
		} catch (error) {
			await this.stop();
			throw error;
		}
	}

	async facts(cluster: string): Promise<ProxyFacts> {
		const info = await this.runtime.ask("show info");
		const { current, old } = await this.master.workers();
		const endpoints = await this.runtime.servers(cluster);
		const known = new Set(endpoints.map(({ address }) => address));
		const wanted = this.#wanted.get(cluster) ?? [];
		return {
			kind: "haproxy",
			version: /^Version: ([\d.]+)/m.exec(info)?.[1] ?? "",
			processes: current.length + old.length,
			connections: Number(/^CurrConns: (\d+)/m.exec(info)?.[1] ?? 0),
			refused: await this.runtime.serverErrors(cluster),
			panics: null,
			unplaced: wanted.filter(({ host, port }) => !known.has(`${host}:${port}`)).length,
			endpoints,
		};
	}

	/** Rejects where there are more than places: then those that found one serve, and the rest do not. */
	async setEndpoints(set: EndpointSet): Promise<void> {
		checkEndpoints(this.#setup.model, set);
		const { cluster } = set;
		this.#wanted.set(cluster, set.endpoints);
		const { slotOrder } = this.#setup;
		const plan = planSlots(this.#slots.get(cluster) ?? [], set.endpoints, slotOrder);
		this.#slots.set(cluster, plan.slots);
		const server = (slot: number): string => `set server ${cluster}/${cluster}-${slot + 1}`;
		for (const slot of plan.empty) await this.runtime.order(`${server(slot)} state maint`);
		for (const { slot, endpoint } of plan.fill) {
			await this.runtime.order(`${server(slot)} addr ${endpoint.host} port ${endpoint.port}`);
			await this.runtime.order(`${server(slot)} state ready`);
		}
		const { length } = plan.left;
		this.#trouble =
			length === 0
				? null
				: `${cluster} has ${length} endpoints more than places: they get nothing. Start with more slots`;
		if (this.#trouble !== null) throw new Error(this.#trouble);
	}

	/** At once. Who is connected stays. */
	setConnectionLimit(listener: string, limit: number): Promise<void> {
		return this.runtime.order(
			`experimental-mode on; set var ${limitVariable(listener)} int(${limit})`,
		);
	}

	/** At once, without a reload. */
	async setCertificate(name: string, pair: KeyPair): Promise<void> {
		const path = this.layout.secret(name);
		await place(this.layout.staging, path, pem(pair));
		const told = await this.runtime.ask(`set ssl cert ${path} <<\n${pem(pair)}\n`);
		if (!told.includes("Transaction created")) throw new Error(`HAProxy says "${told}"`);
		const done = await this.runtime.ask(`commit ssl cert ${path}`);
		if (!done.includes("Success!")) throw new Error(`HAProxy says "${done}"`);
	}

	/**
	 * A new worker, with the lists as they are now. The old one takes nobody any more, and stays as long as
	 * anybody is connected to it.
	 */
	async reload(): Promise<void> {
		for (const [cluster, endpoints] of this.#wanted)
			this.#slots.set(cluster, planSlots(this.#emptySlots(), endpoints).slots);
		await this.#writeConfiguration();
		const before = (await this.master.workers()).current;
		this.#child?.signal("SIGUSR2");
		const giveUpAt = performance.now() + LIVE_WITHIN_MS;
		while (performance.now() < giveUpAt) {
			const { current } = await this.master.workers().catch(() => ({ current: before }));
			if (current.length > 0 && !current.some((pid) => before.includes(pid))) return;
			await wait(LOOK_MS);
		}
		throw new Error("HAProxy has no new worker: the old one serves on");
	}

	/** Resolves when no process of it is left, and no file. */
	async stop(): Promise<void> {
		this.#isStopping = true;
		await this.#child?.stop();
		await rm(this.#setup.root, { recursive: true, force: true });
	}

	#emptySlots(): Slots {
		return emptySlots(this.#setup.options?.slots ?? SLOTS);
	}

	async #live(child: Child): Promise<void> {
		const giveUpAt = performance.now() + LIVE_WITHIN_MS;
		while (performance.now() < giveUpAt) {
			if (child.end !== null)
				throw new Error(`HAProxy ended at its start: ${complaint(child.lastWords)}`);
			const info = await this.runtime.ask("show info").catch(() => "");
			if (info.startsWith("Name: HAProxy")) return;
			await wait(LOOK_MS);
		}
		throw new Error(`HAProxy did not begin to serve: ${complaint(child.lastWords)}`);
	}

	async #writeMaterial({ certificates, upstream }: Material): Promise<void> {
		const { layout } = this;
		for (const [name, pair] of certificates)
			await place(layout.staging, layout.secret(name), pem(pair));
		for (const [name, { pair, authority }] of upstream) {
			await place(layout.staging, layout.material(name, "pem"), pem(pair));
			await place(layout.staging, layout.material(name, "authority.pem"), authority);
		}
	}

	/** Taken by HAProxy itself before it is installed. */
	async #writeConfiguration(): Promise<void> {
		const { path, model, options = {} } = this.#setup;
		const { layout } = this;
		const text = renderHaproxy(model, layout, { slots: SLOTS, ...options, endpoints: this.#slots });
		const draft = join(layout.staging, "haproxy.cfg");
		await mkdir(layout.staging, { recursive: true, mode: 0o700 });
		await writeFile(draft, text, { mode: 0o600 });
		await check(path, draft).catch(async (error: unknown) => {
			await rm(draft, { force: true });
			throw error;
		});
		await rename(draft, layout.configuration);
	}

	/** The access log is what it says on standard output. */
	async #log(line: string): Promise<void> {
		if (this.#isStopping || !line.startsWith("{")) return;
		await appendFile(join(this.#setup.root, "access.jsonl"), `${line}\n`).catch(() => undefined);
	}
}

const pem = ({ cert, key }: KeyPair): string => `${cert.trim()}\n${key.trim()}\n`;

function complaint(lines: readonly string[]): string {
	return lines.find((line) => /\[ALERT\]/.test(line)) ?? lines.at(-1) ?? "it said nothing";
}

/** Warnings too: HAProxy goes on after them, often with another meaning than was meant. */
function check(path: string, configuration: string): Promise<void> {
	return new Promise((resolve, reject) => {
		execFile(path, ["-c", "-f", configuration], { timeout: LIVE_WITHIN_MS }, (error, _, stderr) => {
			const lines = stderr.split("\n");
			const said = lines.find((line) => /\[(ALERT|WARNING)\]/.test(line));
			if (error === null && said === undefined) return resolve();
			if (error?.code === "ENOENT") return reject(new Error(missingTool("haproxy")));
			reject(new Error(`HAProxy refuses its configuration: ${said ?? stderr.trim()}`));
		});
	});
}
