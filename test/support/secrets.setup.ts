/* In every worker, before its tests: everything printed is looked at, and passed on. */
import { afterAll, afterEach, expect } from "vitest";
import { inspectLog, takeLeaks } from "./secrets.js";

const LEVELS = ["debug", "info", "log", "warn", "error", "trace", "dir", "table"] as const;

for (const level of LEVELS) {
	const print = console[level].bind(console);
	console[level] = (...logged: unknown[]): void => {
		inspectLog(...logged);
		print(...logged);
	};
}

for (const stream of [process.stdout, process.stderr]) {
	const write = stream.write.bind(stream);
	stream.write = ((chunk: unknown, ...rest: []) => {
		inspectLog(chunk instanceof Uint8Array ? Buffer.from(chunk).toString("utf8") : chunk);
		return write(chunk as string, ...rest);
	}) as typeof stream.write;
}

const expectNoLeaks = (): void => {
	const leaks = takeLeaks();
	expect(leaks, "a planted token or payload was logged").toEqual([]);
};
afterEach(expectNoLeaks);
afterAll(expectNoLeaks);
