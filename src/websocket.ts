/** "holdfast/websocket": two drop-ins for what uses a WebSocket today. */
export type { ConnectionState } from "./connection/projection.js";
export type {
	Candidate,
	Endpoint,
	EndpointFilter,
	EndpointSource,
	SelectionContext,
} from "./endpoint/endpoint.js";
export type { ErrorCode, ErrorDetails, RealtimeError } from "./errors/realtime-error.js";
export type { EpochMs } from "./policy/moment.js";
export type { HeartbeatPolicy, ReconnectPolicy } from "./policy/policies.js";
export type { Readable, Unsubscribe } from "./reactive/readable.js";
export type { Clock, Lifecycle, Logger, Runtime } from "./runtime/runtime.js";
export { failoverWebSocket } from "./websocket/failover.js";
export type {
	BufferPolicy,
	FailoverOptions,
	HeartbeatQuestion,
	ResilientOptions,
	SocketOptions,
} from "./websocket/options.js";
export { ResilientWebSocket } from "./websocket/resilient.js";
