/*
 * The figures that docs/REQUIREMENTS names, played by the shipped machine in virtual time: many seeded
 * clients, one after the other, against servers that the test describes.
 */
import { describe, expect, it } from "vitest";
import type { ConnectionPolicy } from "../../src/connection/machine.js";
import type { Endpoint } from "../../src/endpoint/endpoint.js";
import { preferPrimary, up } from "../../src/endpoint/filters.js";
import { RealtimeError } from "../../src/errors/realtime-error.js";
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

describe("S2 · connected is what the server's welcome says", () => {
	it("leaves an endpoint that accepts and stays mute for the next after 4 s", () => {
		const client = clientOf(1, ({ url }) => (url === PRIMARY.url ? { fate: "hang" } : accept), [
			PRIMARY,
			BACKUP,
		]).run(10_000);
		expect(client.dials.map(({ at, url }) => [at, url])).toEqual([
			[0, PRIMARY.url],
			[4_000, BACKUP.url],
		]);
		expect(client.isConnected).toBe(true);
	});

	it.each([1, 2, 3])("connects over 9 round trips of 600 ms, with %d endpoints", (count) => {
		const endpoints = [PRIMARY, BACKUP, { url: "wss://third.example" }].slice(0, count);
		const slow: Fate = { fate: "accept", afterMs: 9 * 600 };
		for (const seed of seeds(100))
			expect(clientOf(seed, () => slow, endpoints).run(minutes(1)).isConnected).toBe(true);
	});
});

describe("S3 · the first redial", () => {
	it.each([
		["500 ms after a loss that nobody announced", {}, 500],
		["the window that announced it", { windowMs: 90_000 }, 90_000],
	])("is uniform over %s, among 10,000 clients", (_, loss, spanMs) => {
		const waits = seeds(10_000).map((seed) => firstRedial(stable(seed, () => refuse).cut(loss)));
		expect(kolmogorovSmirnov(waits, uniform(0, spanMs))).toBeGreaterThan(0.01);
	});

	it("is uniform over the window of a goodbye, when the link goes before its deadline", () => {
		const waits = seeds(10_000).map((seed) => {
			const goodbye = { reason: "drain", deadlineMs: 60_000, windowMs: 30_000 } as const;
			const client = stable(seed, () => ({ fate: "hang" }));
			client.tell({ type: "goodbye-received", dialId: 1, ...goodbye, endpoints: [] });
			return firstRedial(client.run(LOST_AT).cut());
		});
		expect(kolmogorovSmirnov(waits, uniform(0, 30_000))).toBeGreaterThan(0.01);
	});

	it("is not made early by a crowd of reports that realtime is up", () => {
		const waits = seeds(5_000).map((seed) => {
			const client = stable(seed, () => refuse).cut({ windowMs: 600_000, retryAfterMs: 1 });
			for (let at = 5_000; at < 60_000; at += 5_000)
				client.tell({ type: "realtime-reported", windowMs: 60_000 }, at);
			return firstRedial(client);
		});
		const reported = waits.filter((ms) => ms > 5_000);
		// Those that had drawn an instant within the window of the first report keep it.
		const cdf = (ms: number): number => Math.min((ms - 5_000) / 60_000, 1);
		expect(kolmogorovSmirnov(reported, cdf)).toBeGreaterThan(0.01);
	});
});

describe("S4 · a small service without hints", () => {
	const backAfter = (outageMs: number): number[] =>
		seeds(2_000).map((seed) => {
			const healedAt = LOST_AT + outageMs;
			const client = stable(seed, ({ at }) =>
				at < healedAt ? { fate: "refuse" } : { fate: "accept" },
			);
			client.cut().run(LOST_AT);
			client.run(healedAt + minutes(20), ({ isConnected }) => isConnected);
			return (client.now - healedAt) / 1_000;
		});

	it.each([
		[1, 0.4, 1.3],
		[3, 1, 3],
		[30, 2, 5],
		[300, 18, 48],
	])("is back after an outage of %d s within %d s (p50) and %d s (p95)", (outage, p50, p95) => {
		const waits = backAfter(outage * 1_000);
		expect(percentile(waits, 0.5)).toBeLessThanOrEqual(p50);
		expect(percentile(waits, 0.95)).toBeLessThanOrEqual(p95);
	});
});

describe("S5 · a server that never lets a link live", () => {
	const kinds: [string, Fate][] = [
		["accept and then close", { fate: "accept", upMs: 0 }],
		["accept and close after a second", { fate: "accept", upMs: 1_000 }],
		["refuse", { fate: "refuse" }],
	];
	const all = kinds.flatMap(([name, fate]) => [
		{ name: `one endpoint: ${name}`, fate, endpoints: [PRIMARY] },
		{ name: `two endpoints: ${name}`, fate, endpoints: [PRIMARY, BACKUP] },
	]);

	/** When each round of dials began. */
	const rounds = (seed: number, { fate, endpoints }: (typeof all)[number], end: number): number[] =>
		clientOf(seed, () => fate, endpoints)
			.run(end)
			.reports.filter(({ reason }) => reason === "connect" || reason === "redial")
			.map(({ at }) => at);

	it.each(all)("sees at most 30 rounds in the first minute (p95) · $name", (kind) => {
		const counts = seeds(2_000).map((seed) => rounds(seed, kind, minutes(1)).length);
		expect(percentile(counts, 0.95)).toBeLessThanOrEqual(30);
	});

	it.each(all)("sees at most 2 rounds a minute after ten (p95) · $name", (kind) => {
		const counts = seeds(200).flatMap((seed) => {
			const instants = rounds(seed, kind, minutes(30));
			const inMinute = (minute: number): number =>
				instants.filter((at) => Math.floor(at / minutes(1)) === minute).length;
			return seeds(20).map((minute) => inMinute(9 + minute));
		});
		expect(percentile(counts, 0.95)).toBeLessThanOrEqual(2);
	});
});

describe("S6 · pushback", () => {
	const OVERLOADED = new RealtimeError("overloaded", "HTTP 503");
	const told = { cause: OVERLOADED, retryAfterMs: 20_000 };

	it("is obeyed by 10,000 of 10,000 refused clients, and up to a fifth later", () => {
		const waits = seeds(10_000).map((seed) => {
			const fate: Fate = { fate: "refuse", loss: told };
			const client = clientOf(seed, () => fate, [PRIMARY, BACKUP]);
			// All that asks for haste is there as well.
			client.tell({ type: "woken", reason: "online" }, 10);
			client.tell({ type: "realtime-reported", windowMs: 0 }, 20);
			client.tell({ type: "reconnect-requested", reason: "app" }, 30);
			client.tell({ type: "close-requested" }, 40).tell({ type: "connect-requested" }, 50);
			client.run(minutes(2), ({ dials }) => dials.length > 1);
			return client.dials[1]?.at as number;
		});
		expect(waits.filter((ms) => ms < 20_000)).toEqual([]);
		expect(Math.max(...waits)).toBeLessThanOrEqual(24_000);
		expect(percentile(waits, 0.99) - percentile(waits, 0.01)).toBeGreaterThan(3_500);
	});

	it("is obeyed on a live link too, and counts for ten minutes at most", () => {
		const waits = seeds(1_000).map((seed) =>
			firstRedial(stable(seed, () => refuse).cut({ cause: OVERLOADED, retryAfterMs: 9e9 })),
		);
		expect(Math.min(...waits)).toBeGreaterThanOrEqual(minutes(10));
		expect(Math.max(...waits)).toBeLessThanOrEqual(minutes(12));
	});

	it("stops a round that is under way, whoever it is that pushes back", () => {
		const client = clientOf(1, ({ url }) => (url === PRIMARY.url ? refuse : { fate: "hang" }), [
			PRIMARY,
			BACKUP,
			{ url: "wss://third.example" },
		]).run(1_000);
		client.cut(told).run(20_000);
		expect(client.dials.map(({ url }) => url)).toEqual([PRIMARY.url, BACKUP.url]);
		expect(client.run(30_000).dials.length).toBeGreaterThan(2);
	});
});
