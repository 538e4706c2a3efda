import type { Endpoint, EndpointFilter, EndpointSource } from "../endpoint/endpoint.js";
import type {
	DegradedPolicy,
	HeartbeatPolicy,
	OutboxPolicy,
	ReconnectPolicy,
} from "../policy/policies.js";
import type { Runtime } from "../runtime/runtime.js";

/** What `createClient` takes. Only `endpoints` is required. */
export interface ClientOptions {
	/**
	 * In order of preference: the first is the primary, the rest are backups. `wss:` URLs (`ws:` for
	 * development), or a source that changes them while the client lives.
	 */
	readonly endpoints: readonly (string | Endpoint)[] | EndpointSource;
	/**
	 * Base URLs of the HTTP half (poll, publish, history), in order of preference. Without one there is
	 * no degraded mode. @default none
	 */
	readonly api?: string | readonly string[];
	/**
	 * Asked at the first dial, shortly before the token expires, and when a server rejects it; runs
	 * beside resolve and connect. Its failure is never charged to an endpoint. Throw a `RealtimeError`
	 * that is not retryable to stop the client. @default no token
	 */
	readonly getToken?: (context: {
		readonly reason: "initial" | "expired" | "rejected";
		readonly signal: AbortSignal;
	}) => Promise<string>;
	/**
	 * "lazy": dial at the first subscribe or publish, so that a client is safe at module scope and in
	 * server rendering. "eager": at once. "manual": when `connect()` is called. @default "lazy"
	 */
	readonly connect?: "eager" | "lazy" | "manual";
	/** The chain that picks an endpoint for each dial. @default [up(), preferPrimary()] */
	readonly endpointFilters?: readonly EndpointFilter[];
	/** @default see ReconnectPolicy */
	readonly reconnect?: Partial<ReconnectPolicy>;
	/** @default see HeartbeatPolicy */
	readonly heartbeat?: Partial<HeartbeatPolicy>;
	/** @default see DegradedPolicy */
	readonly degraded?: Partial<DegradedPolicy>;
	/** @default see OutboxPolicy */
	readonly outbox?: Partial<OutboxPolicy>;
	/**
	 * "tab": one connection a tab. "browser": one for all tabs of the origin that have the same options and
	 * the same user; one tab holds it, and the next takes over when that one closes, dies or is hidden. Who
	 * the user is says `outbox.namespace` (a user id) or, without one, the token itself: then only tabs whose
	 * `getToken` gives the very same text share. Where a browser cannot (no Web Locks, an insecure page,
	 * Node), each tab has its own connection, and `client.sharing` says why. @default "tab"
	 */
	readonly share?: "tab" | "browser";
	/** Every contact with the world: replace a part in tests, or bring your own storage. @default the system's */
	readonly runtime?: Partial<Runtime>;
}
