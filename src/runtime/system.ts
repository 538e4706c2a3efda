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
/** Looked up at each call, and called on no object: browsers refuse any but their own. */
const systemFetch: typeof fetch = (...request) => globalThis.fetch(...request);
let shared: Runtime | undefined;
let lifecycle: Lifecycle | undefined;
let locks: Locks | undefined;

/** The platform, with parts of it replaced: what is not given is the system's. */
export function systemRuntime(overrides: Partial<Runtime> = {}): Runtime {
	const given = Object.entries(Object.getOwnPropertyDescriptors(overrides)).filter(
		([, part]) => part.get !== undefined || part.value !== undefined,
	);
	if (given.length > 0) return Object.defineProperties(system(), Object.fromEntries(given));
	shared ??= system();
	return shared;
}

/** What is costly is made at its first use, and shared by all clients: an idle one costs nothing here. */
function system(): Runtime {
	let storage: IndexedDbStorage | undefined;
	return {
		clock: systemClock,
		random: Math.random,
		fetch: systemFetch,
		logger,
		get WebSocket() {
			return systemWebSocket();
		},
		get storage() {
			storage ??= new IndexedDbStorage(this);
			return storage;
		},
		get lifecycle() {
			lifecycle ??= new HostLifecycle(globalThis as LifecycleHost, systemClock, report);
			return lifecycle;
		},
		get locks() {
			locks ??= systemLocks();
			return locks;
		},
	};
}

function systemLocks(): Locks {
	const manager = globalThis.navigator?.locks;
	const inProcess = memoryLocks();
	return manager ? webLocks(manager, inProcess) : inProcess;
}

const report: Report = (reason) => logger.error("listener-threw", { reason });
