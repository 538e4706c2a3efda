/* What a driver is made of, and whom it tells. */
import type { Memory } from "../connection/state.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import type { RealtimeError } from "../errors/realtime-error.js";
import type { Logger, Runtime } from "../runtime/runtime.js";
import type { SocketEnd, SocketPolicy } from "./contract.js";
import type { HeartbeatQuestion } from "./options.js";
import type { SocketState } from "./state.js";

/** What is told, in this order: `opened` once a link, `ended` once. */
export interface DriverListener {
	opened(): void;
	received(data: unknown, origin: string): void;
	ended(end: SocketEnd, cause: RealtimeError | null): void;
}

/** Health and pushback: what all sockets of a class remember together. */
export interface Shared {
	memory: Memory;
}

export type SocketRuntime = Pick<Runtime, "clock" | "random" | "WebSocket"> & {
	readonly logger: Logger | undefined;
	onWake(listener: (reason: string) => void): () => void;
};

export interface SocketSetup {
	readonly shared: Shared;
	/** Brings the memory up to date with a source of endpoints. */
	relist(memory: Memory): Memory;
	readonly policy: SocketPolicy;
	readonly question: HeartbeatQuestion | null;
	readonly runtime: SocketRuntime;
	/** What to dial at this endpoint. */
	address(endpoint: Endpoint): string | Promise<string>;
	/** What `url` says before, and after, the first dial. */
	urlOf(dialled: string | null): string;
	readonly protocols: string[];
	/** For `ws`: headers, an agent. */
	readonly options: object;
	/** After each change of the state. */
	changed?(state: SocketState): void;
	/** A link is open, and `open` not yet told. */
	connected?(): void;
}

/** As the platform reports a listener of an event that throws. */
export const report = (reason: unknown): void =>
	queueMicrotask(() => {
		throw reason;
	});
