/** When and how a lost link is dialled again. See docs/ARCHITECTURE.md, "The one law". */
export interface ReconnectPolicy {
	/**
	 * Spread of the first redial after a loss that nobody announced; an announced one spreads over the
	 * server's window W. @default 500
	 */
	readonly firstRedialWindowMs: number;
	/**
	 * Full jitter: each wait is uniform in [0, min(cap, base·1.6^n)], with base = max(baseMs, W) and
	 * cap = max(maxMs, 2·W, time without a link ÷ 5), at most 10 min. @default 500
	 */
	readonly baseMs: number;
	/** The longest wait at first; it grows with W and with the outage. @default 4000 */
	readonly maxMs: number;
	/**
	 * One deadline for resolve, connect, token and welcome; doubles, up to 20 s, after each round in
	 * which every endpoint timed out. @default 4000
	 */
	readonly dialTimeoutMs: number;
	/** The attempt count resets after this long connected. @default 30000 */
	readonly stableAfterMs: number;
	/** On a backup: return to the primary within this window, make-before-break. @default [60000, 300000] */
	readonly failBackWindowMs: readonly [number, number];
	/** A small static file that sleeping clients look at: `{"windowMs", "realtime"}`. @default null */
	readonly admissionUrl: string | null;
}

/** How a dead link is noticed. A server's `welcome` may set the first two. */
export interface HeartbeatPolicy {
	/** Silence after which the client asks. @default 6000 */
	readonly idleMs: number;
	/** How long it waits for an answer. @default 3000 */
	readonly timeoutMs: number;
	/** The same after a wake: online, visible, resumed. @default 2000 */
	readonly probeMs: number;
}

/** When HTTP takes over, and how often it asks. */
export interface DegradedPolicy {
	/** Enter once every endpoint failed since the last link, or after this long. @default 10000 */
	readonly enterAfterMs: number;
	/**
	 * "auto": at intervals. "long-poll": the server holds each poll until something comes. "manual": only
	 * when `loadMore()` is called; in between heads are looked at, to count what waits. @default "auto"
	 */
	readonly polling: "auto" | "long-poll" | "manual";
	/** From the shortest to the longest pause between two polls. @default [5000, 30000] */
	readonly intervalMs: readonly [number, number];
	/** Banner grace, so that blips show nothing. @default 2000 */
	readonly bannerAfterMs: number;
}

/** What is kept of publishes that no server has stored yet. */
export interface OutboxPolicy {
	/** Publishes that may wait. @default 1000 */
	readonly maxMessages: number;
	/** Bytes of their data as JSON. @default 1048576 */
	readonly maxBytes: number;
	/** What gives way when it is full. What was sent once is never dropped. @default "reject-newest" */
	readonly overflow: "drop-oldest" | "reject-newest";
	/** "storage" survives a reload or a crash. @default "memory" */
	readonly persist: "memory" | "storage";
	/**
	 * Whose queue it is (a user id), so that nobody sends in another's name. Required with "storage".
	 * @default none
	 */
	readonly namespace?: string;
	/** How long a publish may wait to be sent; then its receipt says `expired`. @default 86400000 */
	readonly ttlMs: number;
}

export const RECONNECT: ReconnectPolicy = {
	firstRedialWindowMs: 500,
	baseMs: 500,
	maxMs: 4_000,
	dialTimeoutMs: 4_000,
	stableAfterMs: 30_000,
	failBackWindowMs: [60_000, 300_000],
	admissionUrl: null,
};
export const HEARTBEAT: HeartbeatPolicy = { idleMs: 6_000, timeoutMs: 3_000, probeMs: 2_000 };
export const DEGRADED: DegradedPolicy = {
	enterAfterMs: 10_000,
	polling: "auto",
	intervalMs: [5_000, 30_000],
	bannerAfterMs: 2_000,
};
export const OUTBOX: OutboxPolicy = {
	maxMessages: 1_000,
	maxBytes: 1_048_576,
	overflow: "reject-newest",
	persist: "memory",
	ttlMs: 86_400_000,
};
