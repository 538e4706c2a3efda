/* What a resolver brings is untrusted, and a resolver may be an application's own. */
import type { DnsAnswer } from "./dns-answer.js";

/** More addresses than any name needs; a flood of them may not fill the memory. */
const MOST = 64;
/** A huge TTL is no reason to trust an address for longer: nothing revokes it. */
const LONGEST_TTL_MS = 3_600_000;
/** RFC 2181, 8: a TTL with its top bit set is none. */
const TOP_BIT_MS = 2 ** 31 * 1_000;

/** The usable ones, each address once. */
export function checkAnswers(given: unknown): readonly DnsAnswer[] {
	if (!Array.isArray(given)) return [];
	const found = new Map<string, DnsAnswer>();
	for (const each of given) {
		const { address, ttlMs } = Object(each) as Partial<Record<keyof DnsAnswer, unknown>>;
		const family = familyOf(address);
		if (family === 0 || found.has(address as string) || found.size === MOST) continue;
		found.set(address as string, { address: address as string, family, ttlMs: sane(ttlMs) });
	}
	return [...found.values()];
}

/** 0: no address. */
export function familyOf(address: unknown): 0 | 4 | 6 {
	if (typeof address !== "string" || address.length > 45) return 0;
	if (isV4(address)) return 4;
	return address.includes(":") && isV6(address) ? 6 : 0;
}

function sane(ttlMs: unknown): number {
	if (typeof ttlMs !== "number" || !(ttlMs > 0) || ttlMs >= TOP_BIT_MS) return 0;
	return Math.min(ttlMs, LONGEST_TTL_MS);
}

const isV4 = (address: string): boolean =>
	/^\d{1,3}(\.\d{1,3}){3}$/.test(address) &&
	address.split(".").every((part) => Number(part) <= 255);

/** RFC 4291, 2.2: eight groups, a run of zeros as "::" once, the last two perhaps as IPv4. */
function isV6(address: string): boolean {
	const halves = address.split("::");
	if (halves.length > 2) return false;
	const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
	const tail = groups.at(-1) ?? "";
	const hasV4 = tail.includes(".") && isV4(tail);
	const hex = hasV4 ? groups.slice(0, -1) : groups;
	const count = hex.length + (hasV4 ? 2 : 0);
	if (!hex.every((group) => /^[\da-f]{1,4}$/i.test(group))) return false;
	return halves.length === 2 ? count < 8 : count === 8;
}
