import type { OutboxEffect } from "../channels/contract.js";
import type { RejectionCode } from "../protocol/frames.js";

/**
 * How a follower hears that the leader's outbox has ended its publish. Null: it is stored, or another
 * outbox's by now.
 */
export function refusalOf(
	end: Extract<OutboxEffect, { type: "settle" | "fail" }>,
): RejectionCode | null {
	if (end.type === "settle") {
		const { status } = end.receipt;
		if (status === "expired") return "retry";
		// Whoever handed it over has lost this route too, and makes "unknown" of any refusal.
		return status === "unknown" ? "invalid" : null;
	}
	switch (end.cause.code) {
		case "outbox-full":
			return "retry";
		case "closed":
			return null;
		case "forbidden":
			return "forbidden";
		case "message-too-large":
			return "too-large";
		default:
			return "invalid";
	}
}
