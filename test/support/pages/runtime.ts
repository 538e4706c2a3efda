/* What the pages of browser tests run: the runtime as a client has it, and what it logs and tells. */
import { dispose } from "../../../src/reactive/disposable.js";
import type { Runtime } from "../../../src/runtime/runtime.js";
import { systemRuntime } from "../../../src/runtime/system.js";

export interface RuntimePage {
	readonly runtime: Runtime;
	readonly logged: string[];
	readonly woken: string[];
	/** Holds the lock until the page ends, or `release` is called. */
	hold(name: string): Promise<boolean>;
	release(): void;
}

declare global {
	var page: RuntimePage;
}

const logged: string[] = [];
const woken: string[] = [];
const log = (event: string): number => logged.push(event);
const runtime = systemRuntime({ logger: { debug: log, info: log, warn: log, error: log } });
let held: Disposable | null = null;

runtime.lifecycle.onWake((reason) => woken.push(reason));
globalThis.page = {
	runtime,
	logged,
	woken,
	hold: async (name) => {
		held = await runtime.locks.tryAcquire(name);
		return held !== null;
	},
	release: () => dispose(held),
};
