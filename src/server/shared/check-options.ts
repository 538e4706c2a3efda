import { RealtimeError } from "../../errors/realtime-error.js";
import type { Retention } from "../contract.js";

interface Checked {
	readonly url: unknown;
	readonly protocols: readonly string[];
	readonly retain: Retention;
	readonly timeoutMs: number;
}

/** The longest that ids are worth remembering: a timer's, and a Redis's TTL that is surely one. */
const LONGEST_MS = 2_147_483_647;

/** @throws RealtimeError `invalid-option`; never with the URL in it, which may hold a password. */
export function checkLogOptions({ url, protocols, retain, timeoutMs }: Checked): void {
	const { messages, ms } = retain;
	if (!(Number.isInteger(messages) && messages >= 1 && ms > 0 && ms <= LONGEST_MS))
		throw new RealtimeError(
			"invalid-option",
			"retain takes a whole number of messages and up to 24 days in ms.",
		);
	if (!(timeoutMs > 0 && timeoutMs <= LONGEST_MS))
		throw new RealtimeError("invalid-option", "timeoutMs takes a positive number.");
	if (typeof url === "function") return;
	const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : null;
	if (protocols.includes("nats:") && parsed !== null && parsed.username !== "")
		throw new RealtimeError("invalid-option", "servers take no name or password: use login.");
	if (parsed === null || !protocols.includes(parsed.protocol))
		throw new RealtimeError(
			"invalid-option",
			`url takes a URL that begins with ${protocols.map((each) => `${each}//`).join(" or ")}.`,
		);
}
