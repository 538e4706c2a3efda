/* Many seeds on all cores: the simulation as one bundle, in worker threads. */
import { availableParallelism } from "node:os";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { type Chunk, emptyTally, merge, type Tally } from "./tally.js";

const CHUNK = 10;
/** A chunk takes a second or two. */
const HUNG_MS = 90_000;

export interface RunOptions {
	/** The bundle: `bundle()` makes it. */
	readonly worker: string;
	readonly from: number;
	readonly seeds: number;
	/** @default one a core */
	readonly threads?: number;
	/** Stop as soon as one has failed. @default "all" */
	readonly until?: "all" | "first-failure";
	/** A thread that says nothing for so long goes round in a circle. @default 90000 */
	readonly hungMs?: number;
	readonly onProgress?: (tally: Tally) => void;
}

/** `root` holds src/ and test/simulation/; the bundle is put into `into` and its path returned. */
export async function bundle(root: string, into: string): Promise<string> {
	await build({
		entryPoints: [path.join(root, "test/simulation/worker.ts")],
		outfile: path.join(into, "worker.mjs"),
		bundle: true,
		format: "esm",
		platform: "node",
		target: "node20",
		packages: "external",
		logLevel: "silent",
	});
	return path.resolve(into, "worker.mjs");
}

export async function runSeeds(options: RunOptions): Promise<Tally> {
	const { from, seeds, threads = availableParallelism(), until = "all" } = options;
	let tally = emptyTally();
	let next = from;
	const take = (): Chunk | null => {
		if (until === "first-failure" && tally.failures.length > 0) return null;
		const count = Math.min(CHUNK, from + seeds - next);
		if (count <= 0) return null;
		next += count;
		return { from: next - count, count };
	};
	const add = (part: Tally): void => {
		tally = merge(tally, part);
		options.onProgress?.(tally);
	};
	await Promise.all(Array.from({ length: threads }, () => new Thread(options, take, add).run()));
	return { ...tally, failures: [...tally.failures].sort((a, b) => a.seed - b.seed) };
}

class Thread {
	readonly #take: () => Chunk | null;
	readonly #add: (part: Tally) => void;
	readonly #worker: Worker;
	readonly #hungMs: number;
	#chunk: Chunk | null = null;
	#watch: NodeJS.Timeout | undefined;

	constructor(
		{ worker, hungMs = HUNG_MS }: RunOptions,
		take: () => Chunk | null,
		add: (part: Tally) => void,
	) {
		this.#hungMs = hungMs;
		this.#take = take;
		this.#add = add;
		this.#worker = new Worker(worker, { execArgv: [], stdout: false });
	}

	async run(): Promise<void> {
		await new Promise<void>((resolve) => {
			const next = (): void => {
				clearTimeout(this.#watch);
				this.#chunk = this.#take();
				if (this.#chunk === null) return resolve();
				this.#watch = setTimeout(() => this.#lost("went round in a circle", resolve), this.#hungMs);
				this.#worker.postMessage(this.#chunk);
			};
			this.#worker.on("message", (part: Tally) => {
				this.#add(part);
				next();
			});
			this.#worker.on("error", (reason) => this.#lost(`died of ${String(reason)}`, resolve));
			next();
		});
		await this.#worker.terminate();
	}

	/** The thread is lost with its chunk: which of the seeds it was, a run of that chunk alone will show. */
	#lost(how: string, resolve: () => void): void {
		clearTimeout(this.#watch);
		const { from = 0, count = 0 } = this.#chunk ?? {};
		const breaches = [`a thread ${how} in seeds ${from} to ${from + count - 1}`];
		this.#add({ ...emptyTally(), seeds: count, failures: [{ seed: from, breaches }] });
		resolve();
	}
}
