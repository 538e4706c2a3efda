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
import { Client, type Dialled, type Fate } from "./play.js";

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
		["accepts and then closes", { fate: "accept", upMs: 0 }],
		["accepts and closes after a second", { fate: "accept", upMs: 1_000 }],
		["refuses", { fate: "refuse" }],
	];
	it.each(kinds)("and %s sees at most 30 rounds in the first minute, 2 after ten", (_, fate) => {
		for (const endpoints of [[PRIMARY], [PRIMARY, BACKUP]]) {
			const rounds = seeds(400).map((seed) => {
				const client = clientOf(seed, () => fate, endpoints).run(minutes(30));
				const starts = client.reports
					.filter(({ reason }) => reason === "connect" || reason === "redial")
					.map(({ at }) => at);
				const within = (from: number, to: number): number =>
					starts.filter((at) => at >= from && at < to).length;
				const late = seeds(20).map((minute) => within(minutes(9 + minute), minutes(10 + minute)));
				return { first: within(0, minutes(1)), late };
			});
			expect(
				percentile(
					rounds.map(({ first }) => first),
					0.95,
				),
			).toBeLessThanOrEqual(30);
			expect(
				percentile(
					rounds.flatMap(({ late }) => late),
					0.95,
				),
			).toBeLessThanOrEqual(2);
		}
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

	it.each([
		["30 s up, 30 s down", 30_000],
		["15 s up, 15 s down", 15_000],
	])("happens at most once a minute under a primary that flaps: %s", (_, halfMs) => {
		const isUp = (at: number): boolean => Math.floor(at / halfMs) % 2 === 0;
		// The shortest window that anybody would set: the rule must not hang on the default.
		for (const failBackWindowMs of [policy.failBackWindowMs, [0, 1_000]] as const)
			for (const seed of seeds(30)) {
				const flapping = { ...policy, failBackWindowMs };
				const fate = ({ at, url }: Dialled): Fate =>
					url === BACKUP.url || isUp(at) ? accept : refuse;
				const client = new Client(flapping, [PRIMARY, BACKUP], seed, fate);
				client.tell({ type: "connect-requested" });
				for (let edge = halfMs; edge < minutes(60); edge += halfMs) {
					client.run(edge);
					const { state } = client;
					const isOnPrimary =
						state.status === "connected" && state.link.endpoint.url === PRIMARY.url;
					if (!isUp(edge) && isOnPrimary) client.cut();
				}
				const backs = client.reports.filter(({ reason }) => reason === "fail-back");
				expect(backs.length).toBeGreaterThan(0);
				const gaps = backs.slice(1).map(({ at }, i) => at - (backs[i]?.at as number));
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
