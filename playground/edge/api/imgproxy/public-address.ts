/* Which addresses a stranger's link may lead to. Pure. */
import ipaddr from "ipaddr.js";

const GLOBAL_IPV6 = ipaddr.parseCIDR("2000::/3");

/**
 * Only what the whole internet has: not this machine, its neighbours, a cloud's metadata (link-local), nor
 * an IPv4 address in the clothes of IPv6 (mapped, 6to4, Teredo, NAT64), which may be any of these.
 */
export function isPublicAddress(address: string): boolean {
	if (!ipaddr.isValid(address)) return false;
	const parsed = ipaddr.parse(address);
	if (parsed.range() !== "unicast") return false;
	return parsed.kind() === "ipv4" || parsed.match(GLOBAL_IPV6);
}
