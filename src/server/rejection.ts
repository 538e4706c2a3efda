import type { RejectedFrame, RejectionCode } from "../protocol/frames.js";
import type { Settings } from "./settings.js";

const RETRY_MS = 500;

/** Whoever is told to come again is told when, and not all at one moment. */
export function rejected<Id extends string | number>(
	id: Id,
	code: RejectionCode,
	{ random }: Pick<Settings, "random">,
): RejectedFrame & { readonly id: Id } {
	if (code !== "retry") return { type: "rejected", id, code };
	return { type: "rejected", id, code, retryAfterMs: Math.round(RETRY_MS * (1 + random())) };
}
