/** What went wrong, as a caller can act on it. The error's `remediation` says how. */
export type ErrorCode =
	| "connect-timeout"
	| "connection-lost"
	| "heartbeat-timeout"
	| "endpoint-refused"
	| "overloaded"
	| "unauthorized"
	| "forbidden"
	| "protocol-violation"
	| "message-too-large"
	| "outbox-full"
	| "asset-unavailable"
	| "integrity-mismatch"
	| "invalid-manifest"
	| "dns-unavailable"
	| "invalid-option"
	| "closed"
	| "internal";

/** What a `RealtimeError` carries beside its code and message. */
export interface ErrorDetails {
	/** What was thrown underneath. */
	readonly cause?: unknown;
	/** Overrides what the code implies. */
	readonly retryable?: boolean;
	/** Overrides what the code suggests doing about it. */
	readonly remediation?: string;
	/** What the server asked for, in milliseconds. */
	readonly retryAfterMs?: number;
}

/** The same act may succeed later without anybody changing anything. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
	"connect-timeout",
	"connection-lost",
	"heartbeat-timeout",
	"endpoint-refused",
	"overloaded",
	"outbox-full",
	"asset-unavailable",
	"dns-unavailable",
]);

const REMEDIATION: Partial<Record<ErrorCode, string>> = {
	"connect-timeout": "Check that the endpoint is a Holdfast server and sends welcome.",
	"endpoint-refused": "Check the URL, the certificate and the allowed origins.",
	unauthorized: "Return a valid token from getToken, then call connect().",
	forbidden: "Ask for a permission that this identity has, or log in anew.",
	"message-too-large": "Send less data in one message.",
	"outbox-full": "Wait for receipts, or raise outbox.maxMessages or outbox.maxBytes.",
	"asset-unavailable":
		"Check that each origin serves the file, with CORS headers and its MIME type.",
	"integrity-mismatch":
		"Deploy the very files that the manifest was written from, to every origin.",
	"invalid-manifest":
		"Write the manifest with `npx holdfast manifest`, from the files as deployed.",
	closed: "Call connect() first.",
};

/**
 * The one error of this library: thrown where an API is misused, otherwise found in a state
 * (`connection.get().cause`) or as the reason of a rejected promise.
 */
export class RealtimeError extends Error {
	/** What to branch on. */
	readonly code: ErrorCode;
	/** Whether the same call may succeed later without a change. */
	readonly retryable: boolean;
	/** What to do about it, in a sentence. */
	readonly remediation: string | undefined;
	/** How long the server asked us to wait, in milliseconds. */
	readonly retryAfterMs: number | undefined;

	constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
		super(message, "cause" in details ? { cause: details.cause } : undefined);
		this.name = "RealtimeError";
		this.code = code;
		this.retryable = details.retryable ?? RETRYABLE.has(code);
		this.remediation = details.remediation ?? REMEDIATION[code];
		this.retryAfterMs = details.retryAfterMs;
	}

	/** Whatever was thrown, as a `RealtimeError`: itself if it is one, else wrapped as its `cause`. */
	static from(reason: unknown, code: ErrorCode = "internal"): RealtimeError {
		if (isRealtimeError(reason)) return reason;
		const message = reason instanceof Error ? reason.message : String(reason);
		return new RealtimeError(code, message, { cause: reason });
	}
}

/** Tells by shape, so that two copies of the package on one page recognise each other's errors. */
export function isRealtimeError(value: unknown): value is RealtimeError {
	return value instanceof Error && value.name === "RealtimeError" && "code" in value;
}
