/* "holdfast/dns": resolvers that know TTLs, and a tracker of one name. */
export type { NodeResolverOptions } from "./dns/contract.js";
export { type DohResolverOptions, dohResolver } from "./dns/doh-resolver.js";
export { nodeResolver } from "./dns/platform.js";
export { type DnsTracker, type TrackDnsOptions, trackDns } from "./dns/track-dns.js";
export type { DnsAnswer, DnsSnapshot } from "./endpoint/dns-answer.js";
export type { DnsResolver } from "./runtime/runtime.js";
