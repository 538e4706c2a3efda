/*
 * What the edge consists of, in one place: who starts it passes changes, everything else reads it.
 * Where this machine has no other loopback addresses than 127.0.0.1 (macOS), addresses stay the names
 * under which DNS knows a PoP's balancers, and `reach.ts` says which ports of 127.0.0.1 stand for them.
 */
import type { AppConfig } from "./applink/contract.js";

import type { DrainPolicy } from "./drain/contract.js";
import { checkDrainPolicy, DRAIN_POLICY } from "./drain/policy.js";
import type { LogKind } from "./log/log-store.js";
import type { MigrationPolicy } from "./migration/contract.js";
import { MIGRATION_POLICY } from "./migration/policy.js";
import type { SlotOrder } from "./proxy/haproxy/slots.js";

export interface PopConfig {
	/** "DUB": in certificates, in metadata of DNS, in the control API. */
	readonly name: string;
	readonly city: string;
	/** For the chains: "IE". */
	readonly place: string;
	/** For latency routing: "eu-west-1". */
	readonly region: string;
	/** Of its balancers, one a zone of availability. */
	readonly addresses: readonly string[];
	readonly gateways: number;
	/** From where its neighbourhood asks DNS and connects: an address of its place's block. */
	readonly neighbourhood: string;
}

export interface EdgeConfig {
	/** "edge.test" */
	readonly domain: string;
	readonly pops: readonly PopConfig[];
	/** Which of them holds the log and the webapp. */
	readonly main: string;
	/** What holds the messages: this process, or a server that is started for it. */
	readonly log: LogKind;
	/** Of the DNS server. */
	readonly dnsAddress: string;
	/** Seconds, of the WebSocket names. */
	readonly ttl: number;
	/** Sockets that a PoP can hold: from 80 percent of it newcomers are shed, from 90 percent all of them. */
	readonly capacity: number;
	/** New sockets a second that one gateway can take: windows come from it. Null: none is announced. */
	readonly acceptRate: number | null;
	/** How often each PoP is probed through its balancer, and how many probes in a row make it down or up. */
	readonly monitor: {
		readonly everyMs: number;
		readonly timeoutMs: number;
		readonly fall: number;
		readonly rise: number;
	};
	/** Of the drain daemon; the TTL and the accept rate it takes from here too. */
	readonly drain: Omit<DrainPolicy, "ttlMs" | "acceptRate">;
	readonly migration: MigrationPolicy;
	/** Of DNS's chance: which answers it draws. Null: as it comes. */
	readonly seed: number | null;
	/** Where its audit log is appended to, beside what the control API shows of it; null: nowhere. */
	readonly auditFile: string | null;
	/** Ports; 0: any that are free. */
	readonly ports: { readonly front: number; readonly control: number; readonly edge: number };
	/** Of pages that may use the control API and the servers: "http://localhost:4700". */
	readonly pageOrigins: readonly string[];
	/** Served by both CDNs; null: no CDN is started. */
	readonly cdnRoot: string | null;
	/** Background clients at the start. */
	readonly clients: number;
	/** Of all PoPs: our own, in this process, or a real one, which has to be installed. */
	readonly proxy: ProxyKind;
	/**
	 * Another one beside it, behind each PoP's last balancer: what a migration leads to. Null: a second one of our
	 * own where `proxy` is that, since it costs nothing; else one proxy stands behind all balancers.
	 */
	readonly newArm: ProxyKind | null;
	/** Of each HAProxy, for gateways. */
	readonly slots: SlotConfig;
	/** That Applink serves: what is published to "app:<id>" is an event for it. */
	readonly apps: readonly AppConfig[];
}

export interface SlotConfig {
	/** Made when it starts: one gateway more gets nobody. */
	readonly places: number;
	readonly order: SlotOrder;
}

export const PROXIES = ["embedded", "envoy", "haproxy"] as const;
export type ProxyKind = (typeof PROXIES)[number];

export const CONFIG: EdgeConfig = {
	domain: "edge.test",
	pops: [
		pop({ name: "DUB", city: "Dublin", place: "IE", region: "eu-west-1", block: "127.0.1" }),
		pop({ name: "FRA", city: "Frankfurt", place: "DE", region: "eu-central-1", block: "127.0.2" }),
		pop({ name: "LHR", city: "London", place: "GB", region: "eu-west-2", block: "127.0.3" }),
		pop({ name: "IAD", city: "Virginia", place: "US-VA", region: "us-east-1", block: "127.0.4" }),
	],
	main: "IAD",
	log: "memory",
	dnsAddress: "127.0.53.1",
	ttl: 10,
	capacity: 2_000,
	acceptRate: 100,
	monitor: { everyMs: 1_000, timeoutMs: 1_500, fall: 2, rise: 2 },
	drain: DRAIN_POLICY,
	migration: MIGRATION_POLICY,
	seed: null,
	auditFile: null,
	ports: { front: 0, control: 0, edge: 0 },
	pageOrigins: [],
	cdnRoot: null,
	clients: 500,
	proxy: "embedded",
	slots: { places: 16, order: "empty-first" },
	newArm: null,
	apps: [],
};

interface PopSketch extends Pick<PopConfig, "name" | "city" | "place" | "region"> {
	readonly block: string;
}

/** Two balancers and two gateways, as every PoP has them. */
function pop({ block, ...rest }: PopSketch): PopConfig {
	const addresses = [`${block}.10`, `${block}.11`];
	return { ...rest, addresses, gateways: 2, neighbourhood: `${block}.100` };
}

/** Throws on a configuration that no edge can be started from. */
export function checkConfig(config: EdgeConfig): EdgeConfig {
	const { pops, main, ttl, capacity, clients, slots } = config;
	const fail = (why: string): never => {
		throw new RangeError(`The edge's configuration: ${why}`);
	};
	const names = pops.map(({ name }) => name);
	if (!names.includes(main)) fail(`the main region "${main}" is none of ${names.join(", ")}.`);
	if (new Set(names).size < names.length) fail("two PoPs have one name.");
	const addresses = pops.flatMap((each) => each.addresses);
	if (new Set(addresses).size < addresses.length) fail("two balancers have one address.");
	for (const { name, addresses: own, gateways } of pops)
		if (own.length === 0 || !(gateways >= 1)) fail(`${name} needs an address and a gateway.`);
	if (!(ttl >= 1)) fail("a TTL is at least a second.");
	if (!(capacity >= 1)) fail("a PoP can hold a socket at least.");
	for (const proxy of [config.proxy, config.newArm])
		if (proxy !== null && !PROXIES.includes(proxy))
			fail(`"${proxy}" is no proxy; there are ${PROXIES.join(", ")}.`);
	if (!(slots.places >= 1)) fail("HAProxy needs a place for a gateway.");
	if (!(clients >= 0)) fail("there are no fewer clients than none.");
	checkDrainPolicy(config.drain, fail);
	return config;
}

/** What stands behind each PoP's balancers; null: the old arm's proxy behind all of them. */
export function proxiesOf({
	proxy,
	newArm,
}: Pick<EdgeConfig, "proxy" | "newArm">): Readonly<Record<"old", ProxyKind>> &
	Readonly<Record<"new", ProxyKind | null>> {
	return { old: proxy, new: newArm ?? (proxy === "embedded" ? proxy : null) };
}

/** The names that clients dial. */
export const namesOf = ({ domain }: Pick<EdgeConfig, "domain">) => ({
	primary: `wss-primary.${domain}`,
	backup: `wss-backup.${domain}`,
	api: `api.${domain}`,
});
