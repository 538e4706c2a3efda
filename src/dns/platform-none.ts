/* Where the platform resolves names itself, and shows nothing of it: browsers, workers. `#dns` there. */
import { RealtimeError } from "../errors/realtime-error.js";
import type { DnsResolver } from "../runtime/runtime.js";

export const openNames = (): null => null;

export function nodeResolver(): DnsResolver {
	throw new RealtimeError("invalid-option", "nodeResolver() needs Node: use dohResolver().");
}
