import type { Report } from "../reactive/readable.js";
import { systemClock } from "./clock.js";
import { HostLifecycle, type LifecycleHost } from "./lifecycle.js";
import { webLocks } from "./locks.js";
import { consoleLogger } from "./logger.js";
import { memoryLocks } from "./memory.js";
import type { Lifecycle, Locks, Runtime } from "./runtime.js";
import { IndexedDbStorage } from "./storage.js";
import { systemWebSocket } from "./websocket.js";

const logger = consoleLogger("warn");
let lifecycle: Lifecycle | undefined;
let locks: Locks | undefined;

/** All that is costly is made at its first use, and once for all clients: an idle client costs nothing here. */
const SYSTEM: Runtime = {
	clock: systemClock,
	random: () => Math.random(),
	fetch: (...request) => globalThis.fetch(...request),
	logger,
	get WebSocket() {
		return systemWebSocket();
	},
	get storage() {
		return keep(this, "storage", new IndexedDbStorage(this));
	},
	get lifecycle() {
		lifecycle ??= new HostLifecycle(globalThis as LifecycleHost, systemClock, report);
		return lifecycle;
	},
	get locks() {
		const manager = globalThis.navigator?.locks;
		locks ??= manager ? webLocks(manager) : memoryLocks();
		return locks;
	},
};

const report: Report = (reason) => logger.error("listener-threw", { reason });

/** The platform, with parts of it replaced: what is not given is the system's. */
export function systemRuntime(overrides: Partial<Runtime> = {}): Runtime {
	const given = Object.entries(Object.getOwnPropertyDescriptors(overrides)).filter(
		([, part]) => part.get !== undefined || part.value !== undefined,
	);
	if (given.length === 0) return SYSTEM;
	return Object.defineProperties(
		{},
		{ ...Object.getOwnPropertyDescriptors(SYSTEM), ...Object.fromEntries(given) },
	) as Runtime;
}

/** A getter's first result in the place of the getter. */
function keep<K extends keyof Runtime>(runtime: Runtime, name: K, part: Runtime[K]): Runtime[K] {
	Object.defineProperty(runtime, name, { value: part, enumerable: true });
	return part;
}
