/* Where the platform resolves names by itself, and shows nothing of it: `#dns` in browsers and workers. */
import { RealtimeError } from "../errors/realtime-error.js";
import type { DnsResolver, Runtime } from "../runtime/runtime.js";
import type { NameFacts, NameKeeping, NodeResolverOptions } from "./contract.js";

export const openNames: (runtime: Runtime, facts: NameFacts) => NameKeeping | null = () => null;

export const nodeResolver: (options?: NodeResolverOptions) => DnsResolver = () => {
	throw new RealtimeError("invalid-option", "nodeResolver() needs Node: use dohResolver().");
};
