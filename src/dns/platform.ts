/* The one import of what differs between platforms: `imports` in package.json picks the file. */
import * as platform from "#dns";
import type { DnsResolver, Runtime } from "../runtime/runtime.js";
import type { NameFacts, NameKeeping, NodeResolverOptions } from "./contract.js";

/** Null where the platform resolves names by itself: in browsers, and for classes other than `ws`. */
export const openNames: (runtime: Runtime, facts: NameFacts) => NameKeeping | null =
	platform.openNames;

/**
 * Node's c-ares: answers with their TTLs, both families at once, given up after two tries of half a
 * second each (c-ares waits about twice that in all). `localhost`, names that DNS does not know, and all
 * where no name server is there are looked up as the system does, hosts file and all; those get a TTL of a minute. The default in Node.
 *
 * @throws RealtimeError `invalid-option` where `servers` are no IP addresses, or there is no Node.
 */
export function nodeResolver(options?: NodeResolverOptions): DnsResolver {
	return platform.nodeResolver(options);
}
