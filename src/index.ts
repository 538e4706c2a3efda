/** "holdfast": the client, its endpoints' filters, its one error, and the shapes of all of it. */
export type { Gap, Message, PublishReceipt, SubscriptionState } from "./channels/message.js";
export type {
	Banner,
	ChannelMap,
	ChannelName,
	Client,
	ClientEvents,
	ClientStats,
	DegradedControls,
	EndpointStatus,
	Outbox,
	OutboxEntry,
	PublishOptions,
	ServiceMode,
	SharingState,
	SubscribeOptions,
	Subscription,
} from "./client/client.js";
export { createClient } from "./client/create-client.js";
export type { ClientOptions } from "./client/options.js";
export type { ConnectionState } from "./connection/projection.js";
export type { DnsAnswer, DnsSnapshot } from "./endpoint/dns-answer.js";
export type {
	Candidate,
	Endpoint,
	EndpointFilter,
	EndpointSource,
	SelectionContext,
} from "./endpoint/endpoint.js";
export {
	preferLastGood,
	preferPrimary,
	selectFirst,
	shuffle,
	up,
	weightedShuffle,
} from "./endpoint/filters.js";
export type { ErrorCode, ErrorDetails } from "./errors/realtime-error.js";
export { isRealtimeError, RealtimeError } from "./errors/realtime-error.js";
export type { EpochMs } from "./policy/moment.js";
export type {
	DegradedPolicy,
	HeartbeatPolicy,
	OutboxPolicy,
	ReconnectPolicy,
} from "./policy/policies.js";
export type { Position } from "./protocol/position.js";
export type { Readable, Unsubscribe } from "./reactive/readable.js";
export { consoleLogger, type LogLevel, silentLogger } from "./runtime/logger.js";
export { memoryLocks, memoryStorage } from "./runtime/memory.js";
export type {
	Clock,
	DnsResolver,
	KeyValueStorage,
	Lifecycle,
	LifecycleState,
	Locks,
	Logger,
	Runtime,
	TabChannel,
	Tabs,
	TcpConnect,
	TcpSocket,
	WebSocketConstructor,
	WebSocketLike,
} from "./runtime/runtime.js";
