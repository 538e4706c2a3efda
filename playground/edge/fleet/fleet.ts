/* The background clients: real ones, in threads of their own, as many as are wanted. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import type { FleetState } from "../control/contract.js";
import type { Ledger } from "../ledger.js";
import {
	type FleetManners,
	type FleetWorld,
	type FromThread,
	NOBODY,
	type Recovery,
	type ThreadCounts,
	type ThreadData,
	type ToThread,
} from "./contract.js";

export interface FleetOptions {
	/** Asked at the start: the edge must run by then. */
	readonly world: () => FleetWorld;
	readonly ledger: Ledger;
	readonly clients: number;
	readonly manners?: Partial<FleetManners>;
	/** Told of each client that has a link again. */
	readonly recovered?: (recovery: Recovery) => void;
	/** @default one a core, two at most */
	readonly threads?: number;
}

/** Ten in a room: every client hears about one and a half messages a second. */
export const MANNERS: FleetManners = {
	...{ room: 10, rate: 0.15, burst: 1, mostSpeaking: Number.POSITIVE_INFINITY, speaks: "at-once" },
	...{ patienceMs: 4_000, startsPerSecond: 50, mostUnderWay: 8 },
	names: "each-dial",
};

const MOST_CLIENTS = 5_000;
const MOST_RECOVERIES = 1_000;
const PATIENCE_MS = 10_000;

export class Fleet {
	readonly #options: FleetOptions;
	readonly #threads: Thread[] = [];
	#wanted: number;
	#recoveries: number[] = [];

	constructor(options: FleetOptions) {
		this.#options = options;
		this.#wanted = options.clients;
	}

	get state(): FleetState {
		const sum = (name: keyof ThreadCounts): number =>
			this.#threads.reduce((total, { counts }) => total + counts[name], 0);
		const sorted = [...this.#recoveries].sort((a, b) => a - b);
		const at = (share: number): number =>
			Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
		return {
			wanted: this.#wanted,
			clients: sum("clients"),
			connected: { primary: sum("primary"), backup: sum("backup") },
			degraded: sum("degraded"),
			offline: sum("offline"),
			dials: sum("dials"),
			failovers: sum("failovers"),
			migrations: sum("migrations"),
			outages: sum("outages"),
			outbox: sum("outbox"),
			recovery: sorted.length === 0 ? null : { p50: at(0.5), p99: at(0.99) },
			threads: this.#threads.length,
			errors: sum("errors"),
		};
	}

	/** Of a thread that died; null: all live. */
	get trouble(): string | null {
		return this.#threads.find(({ failure }) => failure !== null)?.failure ?? null;
	}

	/** Resolves when its threads run; the clients come after that. */
	async start(): Promise<void> {
		const { threads = Math.min(2, availableParallelism()), manners } = this.#options;
		const world = this.#options.world();
		const code = await bundle();
		for (let thread = 0; thread < threads; thread++) {
			const data = { world, manners: { ...MANNERS, ...manners }, thread, threads };
			this.#threads.push(new Thread(code, data, (told) => this.#hear(told)));
		}
		await Promise.all(this.#threads.map(({ started }) => started));
		this.resize(this.#wanted);
	}

	/** Throws on a number that no fleet has. */
	resize(clients: number): void {
		if (!Number.isInteger(clients) || clients < 0 || clients > MOST_CLIENTS)
			throw new RangeError(`A fleet has from 0 to ${MOST_CLIENTS} clients.`);
		this.#wanted = clients;
		for (const thread of this.#threads) thread.tell({ do: "resize", clients });
	}

	/** One thread of it, with all of its clients. Throws where there is none. */
	sleep(ms: number): void {
		const thread = this.#threads.at(-1);
		if (thread === undefined) throw new RangeError("The fleet has no thread that could sleep.");
		thread.tell({ do: "sleep", ms });
	}

	async stop(): Promise<void> {
		await Promise.all(this.#threads.splice(0).map((thread) => thread.stop()));
	}

	#hear({ reports, recoveries, left }: FromThread): void {
		const { ledger, recovered } = this.#options;
		for (const report of reports) ledger.take(report);
		for (const client of left) ledger.leave(client);
		for (const recovery of recoveries) recovered?.(recovery);
		const took = recoveries.map(({ lostAt, backAt }) => backAt - lostAt);
		this.#recoveries = [...this.#recoveries, ...took].slice(-MOST_RECOVERIES);
	}
}

/** A thread's code, whatever runs us: Node loads no TypeScript in a worker, not by a loader of ours either. */
async function bundle(): Promise<string> {
	const { outputFiles } = await build({
		entryPoints: [fileURLToPath(new URL("./worker.ts", import.meta.url))],
		bundle: true,
		format: "cjs",
		platform: "node",
		target: "node20",
		write: false,
		logLevel: "silent",
	});
	return outputFiles[0]?.text ?? "";
}

class Thread {
	counts = NOBODY;
	failure: string | null = null;
	readonly started: Promise<void>;
	readonly #worker: Worker;
	readonly #ended: Promise<void>;
	#isStopping = false;

	constructor(code: string, data: ThreadData, heard: (told: FromThread) => void) {
		this.#worker = new Worker(code, { eval: true, workerData: data, execArgv: [] });
		this.started = new Promise((resolve, reject) => {
			this.#worker.once("message", () => resolve());
			this.#worker.once("error", reject);
		});
		this.#worker.on("message", (told: FromThread) => {
			this.counts = told.counts;
			heard(told);
		});
		this.#worker.on("error", (error) => {
			this.failure = String(error);
		});
		this.#ended = new Promise((resolve) => {
			this.#worker.once("exit", () => {
				if (!this.#isStopping) this.failure ??= "a thread ended by itself";
				resolve();
			});
		});
	}

	tell(order: ToThread): void {
		this.#worker.postMessage(order);
	}

	/** Clients close first; a thread that takes too long over it is ended. */
	async stop(): Promise<void> {
		this.#isStopping = true;
		this.tell({ do: "stop" });
		const timer = setTimeout(() => void this.#worker.terminate(), PATIENCE_MS);
		await this.#ended;
		clearTimeout(timer);
	}
}
