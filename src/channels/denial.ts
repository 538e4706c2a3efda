import { type ErrorCode, RealtimeError } from "../errors/realtime-error.js";
import type { RejectionCode } from "../protocol/frames.js";

const CODES: Record<Exclude<RejectionCode, "retry">, ErrorCode> = {
	forbidden: "forbidden",
	"too-large": "message-too-large",
	invalid: "protocol-violation",
};

/** A server's final no, as an error. */
export function denial(code: Exclude<RejectionCode, "retry">): RealtimeError {
	return new RealtimeError(CODES[code], `Rejected: ${code}.`);
}
