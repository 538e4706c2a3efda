/* Socket Mode's words on the wire: frames out, acknowledgements in. */
import type { Frame } from "./contract.js";

export interface Acknowledgement {
	readonly envelope: string;
	/** Undefined: none was sent. */
	readonly payload: unknown;
}

/** An app may answer with a whole view; nothing of Slack's is larger. */
export const MAX_FRAME_BYTES = 256 * 1024;
const MAX_ID_LENGTH = 64;

export function encodeFrame(frame: Frame): string {
	switch (frame.type) {
		case "hello":
			return JSON.stringify({
				type: "hello",
				num_connections: frame.sockets,
				// Not in connection_info, where one would look for the time.
				debug_info: {
					host: frame.host,
					approximate_connection_time: Math.round(frame.lifetimeMs / 1_000),
				},
				connection_info: { app_id: frame.app },
			});
		case "disconnect":
			return JSON.stringify({
				type: "disconnect",
				reason: frame.reason,
				debug_info: { host: frame.host },
			});
		case "envelope": {
			const { kind, payload, acceptsResponsePayload } = frame.what;
			const retry = { retry_attempt: frame.attempt, retry_reason: frame.reason };
			return JSON.stringify({
				envelope_id: frame.id,
				payload,
				type: kind,
				accepts_response_payload: acceptsResponsePayload,
				...(kind === "events_api" ? retry : {}),
			});
		}
		default:
			return frame satisfies never;
	}
}

/** Null: it is none. */
export function decodeAcknowledgement(text: string): Acknowledgement | null {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return null;
	}
	if (typeof value !== "object" || value === null || !("envelope_id" in value)) return null;
	const { envelope_id: envelope } = value;
	if (typeof envelope !== "string" || envelope.length > MAX_ID_LENGTH) return null;
	return { envelope, payload: "payload" in value ? value.payload : undefined };
}
