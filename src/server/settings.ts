import { RealtimeError } from "../errors/realtime-error.js";
import type { HeartbeatPolicy } from "../policy/policies.js";
import {
	MAX_FRAME_BYTES,
	MAX_FRAMES,
	MIN_FRAME_BYTES,
	type TextLimits,
} from "../protocol/limits.js";
import { systemClock } from "../runtime/clock.js";
import { silentLogger } from "../runtime/logger.js";
import type { Clock, Logger } from "../runtime/runtime.js";
import type { ServerOptions } from "./contract.js";

/** The options, checked and complete. */
export interface Settings {
	readonly heartbeat: HeartbeatPolicy;
	readonly maxFrameBytes: number;
	readonly text: TextLimits;
	readonly sendBufferBytes: number;
	/** Null: unknown, and no windows are announced. */
	readonly acceptRate: number | null;
	/** 0: no limit. */
	readonly maxConnectionAgeMs: number;
	readonly allowedOrigins: readonly string[] | "same-origin" | "any";
	readonly maxFramesPerSecond: number;
	readonly maxChannels: number;
	readonly maxLinksPerIdentity: number;
	readonly maxConnections: number;
	readonly logger: Logger;
	readonly clock: Clock;
	readonly random: () => number;
}

const POSITIVE = [
	"heartbeatMs",
	"heartbeatTimeoutMs",
	"maxFrameBytes",
	"sendBufferBytes",
	"acceptRate",
	"maxConnectionAgeMs",
	"maxFramesPerSecond",
	"maxChannels",
	"maxLinksPerIdentity",
	"maxConnections",
] as const;

/** @throws RealtimeError `invalid-option` */
export function readSettings<X>(options: ServerOptions<X>): Settings {
	check(options);
	const { heartbeatMs = 6_000, heartbeatTimeoutMs = 3_000, maxFrameBytes = 65_536 } = options;
	const sendBufferBytes = options.sendBufferBytes ?? Math.max(1_048_576, 2 * maxFrameBytes);
	return {
		heartbeat: {
			idleMs: heartbeatMs,
			timeoutMs: heartbeatTimeoutMs,
			probeMs: heartbeatTimeoutMs,
		},
		maxFrameBytes,
		text: { maxLength: maxFrameBytes, maxFrames: MAX_FRAMES },
		sendBufferBytes,
		acceptRate: options.acceptRate ?? null,
		maxConnectionAgeMs: options.maxConnectionAgeMs ?? 0,
		allowedOrigins: options.allowedOrigins ?? "same-origin",
		maxFramesPerSecond: options.maxFramesPerSecond ?? 1_000,
		maxChannels: options.maxChannels ?? 1_000,
		maxLinksPerIdentity: options.maxLinksPerIdentity ?? Number.POSITIVE_INFINITY,
		maxConnections: options.maxConnections ?? Number.POSITIVE_INFINITY,
		logger: options.logger ?? silentLogger,
		clock: options.runtime?.clock ?? systemClock,
		random: options.runtime?.random ?? Math.random,
	};
}

function check<X>(options: ServerOptions<X>): void {
	if (typeof options.authorize !== "function") throw invalid("authorize is a function.");
	for (const name of POSITIVE) {
		const value = options[name];
		if (value !== undefined && !(typeof value === "number" && value > 0))
			throw invalid(`${name} is a positive number.`);
	}
	const { maxFrameBytes = MIN_FRAME_BYTES, sendBufferBytes = MAX_FRAME_BYTES } = options;
	if (maxFrameBytes < MIN_FRAME_BYTES || maxFrameBytes > MAX_FRAME_BYTES)
		throw invalid(`maxFrameBytes lies in [${MIN_FRAME_BYTES}, ${MAX_FRAME_BYTES}].`);
	if (sendBufferBytes < maxFrameBytes) throw invalid("sendBufferBytes is at least maxFrameBytes.");
	const { allowedOrigins = "any" } = options;
	if (typeof allowedOrigins !== "string") allowedOrigins.forEach(checkOrigin);
	else if (allowedOrigins !== "any" && allowedOrigins !== "same-origin")
		throw invalid('allowedOrigins is a list, "same-origin" or "any".');
}

/** A browser sends scheme, host and port and no more: anything else here would never match. */
function checkOrigin(origin: string): void {
	if (URL.canParse(origin) && new URL(origin).origin === origin) return;
	throw invalid(`allowedOrigins: "${origin}" is no origin such as "https://app.example".`);
}

function invalid(message: string): RealtimeError {
	return new RealtimeError("invalid-option", message);
}
