/* The figures of docs/REQUIREMENTS that are about more than one endpoint or link, in virtual time. */
import { describe, expect, it } from "vitest";
import type { ConnectionPolicy } from "../../src/connection/machine.js";
import type { Endpoint } from "../../src/endpoint/endpoint.js";
import { preferPrimary, up } from "../../src/endpoint/filters.js";
import { RECONNECT } from "../../src/policy/policies.js";
import { kolmogorovSmirnov, percentile, uniform } from "../support/statistics.js";
import { Client, type Dialled, type Fate } from "./client.js";

const policy: ConnectionPolicy = { ...RECONNECT, filters: [up(), preferPrimary()] };
const PRIMARY: Endpoint = { url: "wss://primary.example" };
const BACKUP: Endpoint = { url: "wss://backup.example" };
const LOST_AT = 100_000;
const minutes = (count: number): number => count * 60_000;

const seeds = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
const clientOf = (seed: number, fate: (dial: Dialled) => Fate, endpoints = [PRIMARY]): Client =>
	new Client(policy, endpoints, seed, fate).tell({ type: "connect-requested" });
const accept: Fate = { fate: "accept", afterMs: 80 };
const refuse: Fate = { fate: "refuse", afterMs: 5 };

/** Connected for long, and then cut off. */
function stable(seed: number, later: (dial: Dialled) => Fate, endpoints = [PRIMARY]): Client {
	const fate = (dial: Dialled): Fate => (dial.at < LOST_AT ? accept : later(dial));
	return clientOf(seed, fate, endpoints).run(LOST_AT);
}

/** The first dial after the loss, in ms since it. */
function firstRedial(client: Client): number {
	const before = client.dials.length;
	client.run(LOST_AT + minutes(30), ({ dials }) => dials.length > before);
	return (client.dials[before]?.at as number) - LOST_AT;
}

describe("S7 · the primary dies in session", () => {
	const failover = (fate: Fate): number[] =>
		seeds(1_000).map((seed) => {
			const later = ({ url }: Dialled): Fate => (url === PRIMARY.url ? fate : accept);
			const client = stable(seed, later, [PRIMARY, BACKUP]).cut().run(LOST_AT);
			client.run(LOST_AT + minutes(1), ({ isConnected }) => isConnected);
			expect(client.adopted.at(-1)?.url).toBe(BACKUP.url);
			return client.now - LOST_AT;
		});

	it("and refuses: on the backup within half a second (p50)", () => {
		const waits = failover(refuse);
		expect(percentile(waits, 0.5)).toBeLessThanOrEqual(500);
		expect(Math.max(...waits)).toBeLessThanOrEqual(600);
	});

	it("and swallows: on the backup within 4.5 s (p50), 8 s (p99)", () => {
		const waits = failover({ fate: "hang" });
		expect(percentile(waits, 0.5)).toBeLessThanOrEqual(4_500);
		expect(percentile(waits, 0.99)).toBeLessThanOrEqual(8_000);
	});

	it("and is remembered: the next loss goes to the backup first", () => {
		const later = ({ url }: Dialled): Fate => (url === PRIMARY.url ? { fate: "hang" } : accept);
		const client = stable(1, later, [PRIMARY, BACKUP])
			.cut()
			.run(LOST_AT + 10_000);
		const before = client.dials.length;
		client.cut({ isAnnounced: true }).run(LOST_AT + 15_000);
		expect(client.dials.slice(before).map(({ url }) => url)).toEqual([BACKUP.url]);
	});
});

describe("S8 · fail-back", () => {
	it("returns to a primary that is well again within five minutes, make before break", () => {
		const healedAt = LOST_AT + 10_000;
		const instants = seeds(300).map((seed) => {
			const later = ({ at, url }: Dialled): Fate =>
				url === PRIMARY.url && at < healedAt ? refuse : accept;
			const client = stable(seed, later, [PRIMARY, BACKUP]).cut().run(LOST_AT);
			client.run(LOST_AT + minutes(10));
			const [, onBackup, onPrimary] = client.adopted;
			expect([onBackup?.url, onPrimary?.url]).toEqual([BACKUP.url, PRIMARY.url]);
			// The backup's link was not lost: it was let go after the primary's welcome.
			expect(client.lost.map(({ dialId }) => dialId)).not.toContain(onBackup?.dialId);
			return (onPrimary?.at as number) - (onBackup?.at as number) - 80;
		});
		expect(kolmogorovSmirnov(instants, uniform(60_000, 300_000))).toBeGreaterThan(0.01);
	});

	/** When it tried to go back, in an hour under a primary that is up and down for `halfMs` each. */
	function failBacks(seed: number, halfMs: number, failBackWindowMs: [number, number]): number[] {
		const isUp = (at: number): boolean => Math.floor(at / halfMs) % 2 === 0;
		const fate = ({ at, url }: Dialled): Fate => (url === BACKUP.url || isUp(at) ? accept : refuse);
		const client = new Client({ ...policy, failBackWindowMs }, [PRIMARY, BACKUP], seed, fate);
		client.tell({ type: "connect-requested" });
		for (let edge = halfMs; edge < minutes(60); edge += halfMs) {
			const { state } = client.run(edge);
			const url = state.status === "connected" ? state.link.endpoint.url : null;
			if (!isUp(edge) && url === PRIMARY.url) client.cut();
		}
		return client.reports.filter(({ reason }) => reason === "fail-back").map(({ at }) => at);
	}

	it.each([
		["30 s up, 30 s down", 30_000],
		["15 s up, 15 s down", 15_000],
	])("happens at most once a minute under a primary that flaps: %s", (_, halfMs) => {
		// The rule must not hang on the default: the shortest window that anybody would set as well.
		for (const window of [
			[60_000, 300_000],
			[0, 1_000],
		] as [number, number][])
			for (const seed of seeds(30)) {
				const instants = failBacks(seed, halfMs, window);
				expect(instants.length).toBeGreaterThan(0);
				const gaps = instants.slice(1).map((at, i) => at - (instants[i] as number));
				expect(gaps.filter((ms) => ms < 60_000)).toEqual([]);
			}
	});
});

describe("S10 · a wake without a link", () => {
	it("redials within half a second, spread, from however long a wait", () => {
		const waits = seeds(2_000).map((seed) => {
			const client = stable(seed, () => refuse)
				.cut({ windowMs: 500_000 })
				.run(LOST_AT);
			client.tell({ type: "woken", reason: "online" });
			return firstRedial(client);
		});
		const late = waits.filter((ms) => ms > 0);
		expect(Math.max(...late)).toBeLessThanOrEqual(500);
		expect(kolmogorovSmirnov(late, uniform(0, 500))).toBeGreaterThan(0.01);
	});
});

describe("S15 · a planned refresh", () => {
	it("never leaves the client without a link, over 100 goodbyes", () => {
		const client = clientOf(1, () => ({ fate: "accept", afterMs: 80 }), [PRIMARY, BACKUP]);
		client.run(1_000);
		for (let refresh = 0; refresh < 100; refresh++) {
			const { state } = client;
			const dialId = state.status === "connected" ? state.link.dialId : -1;
			const goodbye = { reason: "refresh", deadlineMs: 5_000, windowMs: 5_000 } as const;
			client.tell({ type: "goodbye-received", dialId, ...goodbye, endpoints: [] });
			client.run(client.now + 10_000);
			expect(client.isConnected).toBe(true);
		}
		expect(client.adopted).toHaveLength(101);
		expect(client.lost).toEqual([]);
	});
});
