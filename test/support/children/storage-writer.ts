/*
 * Writes to a directory until it is killed, and prints what it was promised: "set 7" once record 7 is
 * stored, "deleted 7" once it is gone. Records are large enough for compaction to come often.
 */
import { fileStorage } from "../../../src/runtime/file-storage.js";

const [directory = "", first = "0"] = process.argv.slice(2);
const storage = fileStorage(directory);
const IN_FLIGHT = 20;
const KEPT = 100;
const filler = "f".repeat(4_000);
let next = Number(first);

async function write(): Promise<never> {
	for (;;) {
		const n = next++;
		await storage.set(`${n}`, { n, filler });
		process.stdout.write(`set ${n}\n`);
		const old = n - KEPT;
		if (old < Number(first)) continue;
		process.stdout.write(`deleting ${old}\n`);
		await storage.delete(`${old}`);
		process.stdout.write(`deleted ${old}\n`);
	}
}

for (let writer = 0; writer < IN_FLIGHT; writer++) void write();
