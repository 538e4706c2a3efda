/* Runs seeds in a thread of its own, and tells of each chunk what came of it. */
import { parentPort } from "node:worker_threads";
import { type Outcome, simulate } from "./simulation.js";
import { addOutcome, type Chunk, emptyTally } from "./tally.js";

// Nobody reads the stacks of errors that a simulated network throws by the thousand.
Error.stackTraceLimit = 0;

let stray: string[] = [];
process.on("unhandledRejection", (reason) => stray.push(`nobody handled: ${String(reason)}`));

async function run(seed: number): Promise<Outcome | { seed: number; breaches: string[] }> {
	stray = [];
	try {
		const outcome = await simulate(seed);
		return stray.length === 0 ? outcome : { ...outcome, breaches: [...outcome.breaches, ...stray] };
	} catch (reason) {
		return { seed, breaches: [`threw ${String(reason)}`, ...stray] };
	}
}

parentPort?.on("message", ({ from, count }: Chunk) => {
	void (async () => {
		let tally = emptyTally();
		for (let seed = from; seed < from + count; seed++) tally = addOutcome(tally, await run(seed));
		parentPort?.postMessage(tally);
	})();
});
