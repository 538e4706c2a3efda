/*
 * A name of the edge to an address, as somebody in a given place gets it: asked anew each time of our own
 * DNS server. Where this machine has loopback aliases the question comes from the place's own address, over
 * UDP, by Node's resolver; where it has none, by DoH with the place as client subnet.
 */
import { Resolver } from "node:dns/promises";
import type { DnsAnswer } from "holdfast/dns";

export interface ResolvingOptions {
	/** "127.0.53.1:5353" */
	readonly dns: string;
	readonly dohUrl: string;
	readonly hasAliases: boolean;
	/** @default 2000 */
	readonly timeoutMs?: number;
}

/** In the order of the answer; rejects if there are none, or nobody answers. */
export type Resolve = (name: string, from: string) => Promise<readonly DnsAnswer[]>;

export function resolving(options: ResolvingOptions): Resolve {
	return options.hasAliases ? byUdp(options) : byDoh(options);
}

function byUdp({ dns, timeoutMs = 2_000 }: ResolvingOptions): Resolve {
	// c-ares takes about twice what it is told, over its tries.
	const resolvers = new Map<string, Resolver>();
	return async (name, from) => {
		let resolver = resolvers.get(from);
		if (resolver === undefined) {
			resolver = new Resolver({ timeout: timeoutMs / 2, tries: 2 });
			resolver.setServers([dns]);
			resolver.setLocalAddress(from);
			resolvers.set(from, resolver);
		}
		const answers = await resolver.resolve4(name, { ttl: true });
		return answers.map(({ address, ttl }) => ({ address, family: 4, ttlMs: ttl * 1_000 }));
	};
}

function byDoh({ dohUrl, timeoutMs = 2_000 }: ResolvingOptions): Resolve {
	return async (name, from) => {
		const url = new URL(dohUrl);
		const subnet = `${from.replace(/\.\d+$/, ".0")}/24`;
		url.search = new URLSearchParams({ name, type: "A", edns_client_subnet: subnet }).toString();
		const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
		const { Answer = [] } = (await answer.json()) as { Answer?: readonly Record[] };
		const addresses = Answer.filter(({ type }) => type === 1);
		if (addresses.length === 0) throw new Error(`${name} has no address.`);
		return addresses.map(({ data, TTL }) => ({ address: data, family: 4, ttlMs: TTL * 1_000 }));
	};
}

interface Record {
	readonly type: number;
	readonly data: string;
	readonly TTL: number;
}
