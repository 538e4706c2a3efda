/*
 * What the end of a link or of a handshake means to us. docs/PROTOCOL.md has the codes; what a peer
 * wrote into the reason is untrusted. A browser shows every failed handshake as 1006 and no status.
 */
import { type ErrorCode, RealtimeError } from "../errors/realtime-error.js";
import { LONGEST_MS } from "./backoff.js";

/** How a transport ended. */
export interface CloseEnd {
	readonly code: number;
	readonly reason: string;
	readonly httpStatus?: number;
	readonly retryAfterMs?: number;
	/** Whether the handshake had succeeded. */
	readonly opened: boolean;
}

export interface CloseVerdict {
	/** Its `retryable` decides: false ends the client, until the app calls connect() again. */
	readonly cause: RealtimeError;
	readonly blame: "endpoint" | "nobody";
	/** The server meant it: a restart or a drain, which says nothing against the endpoint. */
	readonly isAnnounced: boolean;
	/** The window over which to come back. */
	readonly windowMs?: number;
	/** No dial before. */
	readonly retryAfterMs?: number;
	/** One fresh token may help; after that it is final. */
	readonly isTokenRejected: boolean;
}

type Fate = "announced" | "token" | "stop";
type Meaning = readonly [ErrorCode, CloseVerdict["blame"]?, Fate?];

const LOST: Meaning = ["connection-lost"];
const REFUSED: Meaning = ["endpoint-refused"];
const ANNOUNCED: Meaning = ["connection-lost", "endpoint", "announced"];
const MALFORMED: Meaning = ["protocol-violation"];
const TOO_LARGE: Meaning = ["message-too-large", "nobody"];
const TOKEN: Meaning = ["unauthorized", "nobody", "token"];
const FORBIDDEN: Meaning = ["forbidden", "nobody", "stop"];
const OVERLOADED: Meaning = ["overloaded"];

const CODES: Readonly<Record<number, Meaning>> = {
	1001: ANNOUNCED,
	1002: MALFORMED,
	1003: MALFORMED,
	1007: MALFORMED,
	// Many servers have no other code for a token that they do not like.
	1008: TOKEN,
	1009: TOO_LARGE,
	1012: ANNOUNCED,
	1013: OVERLOADED,
	1015: REFUSED,
	4400: MALFORMED,
	4401: TOKEN,
	4403: FORBIDDEN,
	// Hello was late because its token was: the endpoint has waited as agreed.
	4408: ["connect-timeout", "nobody"],
	4410: ["connection-lost", "nobody"],
	4413: TOO_LARGE,
	4429: ["overloaded", "nobody"],
};

const STATUSES: Readonly<Record<number, Meaning>> = {
	401: TOKEN,
	403: FORBIDDEN,
	429: OVERLOADED,
};

/**
 * The verdict on one end. The reason may be `{"w": window, "r": no dial before}`, both in milliseconds:
 * what is not a positive number there is ignored, and ten minutes are the most that count.
 */
export function classifyClose(end: CloseEnd): CloseVerdict {
	const told = parseReason(end.reason);
	const windowMs = sane(told.w);
	// 4429 is for this client alone: to come back at once, by a lucky draw, would be no answer to it.
	const stayAwayMs = end.code === 4429 ? windowMs : undefined;
	const retryAfterMs = sane(end.retryAfterMs) ?? sane(told.r) ?? stayAwayMs;
	const [code, blame = "endpoint", fate] = meaning(end, retryAfterMs);
	const message = end.httpStatus === undefined ? `close ${end.code}` : `HTTP ${end.httpStatus}`;
	// All that these codes mean to an app is retryable=false; to a link, only one of them is the end.
	const details = { retryable: fate !== "stop", ...(retryAfterMs && { retryAfterMs }) };
	return {
		cause: new RealtimeError(code, message, details),
		blame,
		isAnnounced: fate === "announced",
		isTokenRejected: fate === "token",
		...(windowMs && { windowMs }),
		...(retryAfterMs && { retryAfterMs }),
	};
}

function meaning(end: CloseEnd, retryAfterMs: number | undefined): Meaning {
	const { httpStatus, opened, code } = end;
	if (httpStatus !== undefined && !opened) {
		// A proxy with nobody behind it says 503 as well: only one that names a time is overloaded.
		if (httpStatus === 503 && retryAfterMs) return OVERLOADED;
		return STATUSES[httpStatus] ?? REFUSED;
	}
	return CODES[code] ?? (opened ? LOST : REFUSED);
}

function parseReason(reason: string): Readonly<Record<string, unknown>> {
	try {
		return Object(JSON.parse(reason)) as Record<string, unknown>;
	} catch {
		return {};
	}
}

/** Untrusted: NaN, text and less than nothing are nothing. */
const sane = (ms: unknown): number | undefined =>
	typeof ms === "number" && ms > 0 ? Math.min(ms, LONGEST_MS) : undefined;
