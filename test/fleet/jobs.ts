/* Runs of whole fleets, on all cores: as one bundle, since a run of millions feels each call that tsx adds. */
import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import type { FleetOptions, FleetReport } from "holdfast/testing";
import type { FleetProgress } from "../../src/testing/fleet/run.js";
import type { PEERS } from "./peers.js";
import type { Costs } from "./plan.js";

export interface Job {
	readonly name: string;
	readonly options: FleetOptions;
	/** Null: the shipped machine. */
	readonly peer: keyof typeof PEERS | null;
}
type Message =
	| { readonly type: "progress"; readonly progress: FleetProgress }
	| { readonly type: "done"; readonly report: FleetReport };

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A million clients take about 2 GB, and most of what is allocated is garbage at once. */
const LIMITS = { maxOldGenerationSizeMb: 8_192, maxYoungGenerationSizeMb: 192 };

export async function bundle(): Promise<string> {
	const outfile = path.join(ROOT, `.tmp/fleet-${process.pid}.mjs`);
	await build({
		entryPoints: [path.join(ROOT, "test/fleet/worker.ts")],
		outfile,
		bundle: true,
		format: "esm",
		platform: "node",
		target: "node20",
		packages: "external",
		logLevel: "silent",
	});
	return outfile;
}

/** What a connection costs the server half. */
export async function measureCosts(worker: string): Promise<Costs> {
	const thread = new Worker(worker, { execArgv: [], resourceLimits: LIMITS });
	try {
		return await new Promise<Costs>((resolve, reject) => {
			thread.on("error", reject);
			thread.on("message", resolve);
			thread.postMessage("plan");
		});
	} finally {
		await thread.terminate();
	}
}

/** In the order of the jobs. */
export async function runJobs(
	jobs: readonly Job[],
	worker: string,
	tell: (line: string) => void,
): Promise<readonly FleetReport[]> {
	const reports: FleetReport[] = [];
	let next = 0;
	const thread = async (): Promise<void> => {
		for (let at = next++; at < jobs.length; at = next++)
			reports[at] = await runJob(jobs[at] as Job, worker, tell);
	};
	const threads = Math.min(availableParallelism(), jobs.length);
	await Promise.all(Array.from({ length: threads }, thread));
	return reports;
}

async function runJob(
	job: Job,
	worker: string,
	tell: (line: string) => void,
): Promise<FleetReport> {
	const thread = new Worker(worker, { execArgv: [], resourceLimits: LIMITS });
	let toldAt = performance.now();
	try {
		return await new Promise<FleetReport>((resolve, reject) => {
			thread.on("error", reject);
			thread.on("exit", (code) => reject(new Error(`${job.name}: its thread ended with ${code}`)));
			thread.on("message", (message: Message) => {
				if (message.type === "done") return resolve(message.report);
				if (performance.now() - toldAt < 5_000) return;
				toldAt = performance.now();
				const { elapsedMs, connected } = message.progress;
				const share = ((100 * connected) / job.options.clients).toFixed(1);
				tell(`${job.name}: ${(elapsedMs / 1_000).toFixed(0)} s simulated, ${share} % connected`);
			});
			thread.postMessage(job);
		});
	} finally {
		await thread.terminate();
	}
}
