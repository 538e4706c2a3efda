/*
 * "hold": takes the lock, says so, and holds it until it is killed.
 * "count": a hundred times, takes the lock and adds one to the number in a file.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dispose } from "../../../src/reactive/disposable.js";
import { fileLocks } from "../../../src/runtime/file-locks.js";

const [directory = "", task] = process.argv.slice(2);
const locks = fileLocks(directory);
const counter = join(directory, "counter");

async function count(): Promise<void> {
	for (let done = 0; done < 100; ) {
		const lock = await locks.tryAcquire("shared");
		if (lock === null) continue;
		const before = Number(readFileSync(counter, "utf8"));
		// The others have time to come between.
		await new Promise((resolve) => setImmediate(resolve));
		writeFileSync(counter, `${before + 1}`);
		dispose(lock);
		done++;
	}
}

if (task === "count") {
	await count();
} else {
	await locks.acquire("shared", new AbortController().signal);
	process.stdout.write("held\n");
	process.stdin.resume();
}
