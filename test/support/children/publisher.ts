/*
 * A process with an outbox on disk, until it is killed. It publishes the numbers from `first` to `last`,
 * and prints "kept <id>" once a record is stored, "stored <n>" once a receipt says so, and "empty"
 * whenever nothing is left in its outbox.
 */
import { createClient } from "../../../src/client/create-client.js";
import { fileLocks } from "../../../src/runtime/file-locks.js";
import { fileStorage } from "../../../src/runtime/file-storage.js";
import type { KeyValueStorage } from "../../../src/runtime/runtime.js";

const [directory = "", url = "", token = "", first = "1", last = "0"] = process.argv.slice(2);

const disk = fileStorage(directory);
const storage: KeyValueStorage = {
	get: (key) => disk.get(key),
	delete: (key) => disk.delete(key),
	keys: () => disk.keys(),
	set: async (key, value) => {
		await disk.set(key, value);
		if (key.includes("/m/")) process.stdout.write(`kept ${key}\n`);
	},
};
const client = createClient({
	endpoints: [url],
	getToken: async () => token,
	reconnect: { firstRedialWindowMs: 50, maxMs: 300 },
	outbox: { persist: "storage", namespace: "somebody", maxMessages: 2_000 },
	runtime: { storage, locks: fileLocks(directory) },
	connect: "eager",
});
for (let n = Number(first); n <= Number(last); n++)
	void client.publish("room", n).then(({ status }) => process.stdout.write(`${status} ${n}\n`));

let wasEmpty = true;
client.outbox.subscribe((entries) => {
	const isEmpty = entries.length === 0;
	if (isEmpty && !wasEmpty) process.stdout.write("empty\n");
	wasEmpty = isEmpty;
});
// Whoever kills this process decides when it ends.
process.stdin.resume();
