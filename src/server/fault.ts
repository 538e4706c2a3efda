import { isRealtimeError } from "../errors/realtime-error.js";

/** What a log may say of something that was thrown: its kind. A message may quote a token or a payload. */
export function kindOf(reason: unknown): string {
	if (isRealtimeError(reason)) return reason.code;
	return reason instanceof Error ? reason.name : typeof reason;
}
