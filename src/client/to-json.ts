import { RealtimeError } from "../errors/realtime-error.js";
import { invalid } from "./settings.js";

/** What an app publishes, as text. @throws RealtimeError `invalid-option` where it has none. */
export function toJson(data: unknown): string {
	try {
		const json = JSON.stringify(data) as string | undefined;
		if (json !== undefined) return json;
	} catch (cause) {
		throw new RealtimeError("invalid-option", "data is not JSON.", { cause });
	}
	throw invalid("data is not JSON.");
}
