/* What either side accepts at most. docs/PROTOCOL.md, "Limits", is the normative list. */

/** Of one text: a WebSocket message or an HTTP body. */
export interface TextLimits {
	/** Longer ones are refused unread. UTF-16 units, so never more than its bytes. */
	readonly maxLength: number;
	/** Frames in one batch. */
	readonly maxFrames: number;
}

export const MAX_FRAMES = 1_024;
/** What a client takes from a server: a cap against a hostile one, far above what an honest one sends. */
export const SERVER_TEXT: TextLimits = { maxLength: 16_777_216, maxFrames: MAX_FRAMES };

/** Every wait that a peer may ask for: windows, pushback, poll intervals. */
export const LONGEST_WAIT_MS = 600_000;
/** Every age that a peer may name; below 2^31, past which timers fire at once. */
export const LONGEST_AGE_MS = 604_800_000;
/** A heartbeat below it would be a flood. */
export const SHORTEST_BEAT_MS = 50;
/** What a server takes in one message until its welcome says otherwise. */
export const FRAME_BYTES = 65_536;
/** `maxFrameBytes` is at least this, so that a hello always fits. */
export const MIN_FRAME_BYTES = 1_024;
export const MAX_FRAME_BYTES = SERVER_TEXT.maxLength;

export const MAX_POLL_WAIT_MS = 30_000;
export const MAX_PUBLISHES = 16;
export const MAX_POLL_CHANNELS = 1_000;
export const MAX_CHANNEL_LENGTH = 256;
/** Of publish ids, outbox ids, epochs, client names and versions. */
export const MAX_ID_LENGTH = 128;
export const MAX_IDENTITY_LENGTH = 256;
export const MAX_TOKEN_LENGTH = 8_192;
/** `{ last }` and `limit`: how much of the past one question may ask for. */
export const MAX_LAST = 10_000;
/** Of published data: JSON.stringify overflows the stack at a few thousand. */
export const MAX_DEPTH = 128;

/** Before hello is accepted. */
export const PRE_HELLO_BYTES = 16_384;
export const PRE_HELLO_MS = 5_000;
