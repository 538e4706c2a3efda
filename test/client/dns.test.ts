/* A client in Node: names resolved by itself, addresses raced, drains followed. In virtual time. */
import { describe, expect, it } from "vitest";
import type { Client } from "../../src/client/client.js";
import { createClient } from "../../src/client/create-client.js";
import type { ClientOptions } from "../../src/client/options.js";
import type { DnsAnswer } from "../../src/endpoint/dns-answer.js";
import { RealtimeError, memoryLocks, memoryStorage, silentLogger } from "../../src/index.js";
import { createServer } from "../../src/server/create-server.js";
import {
	createFakeServer,
	createNetwork,
	createVirtualClock,
	type FakeServer,
	type NetworkStack,
	seededRandom,
	serverHost,
	type VirtualClock,
} from "../../src/testing.js";
import {
	type AddressedNetwork,
	addressedNetwork,
	answersOf,
	urlOf,
	Zone,
} from "../support/addressed-network.js";
import { chiSquare, percentile } from "../support/statistics.js";

const NAME = "primary.test";
const BACKUP = "backup.test";
const PRIMARY_URL = "ws://primary.test/realtime";
const BACKUP_URL = "ws://backup.test/realtime";
const [A, B, C] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"] as const;

interface World {
	readonly clock: VirtualClock;
	readonly network: NetworkStack;
	readonly tcp: AddressedNetwork;
	readonly zone: Zone;
	/** One fake server an address. */
	readonly servers: ReadonlyMap<string, FakeServer>;
	client(seed: number, options?: Partial<ClientOptions>): Client;
}

function world(): World {
	const clock = createVirtualClock();
	const network = createNetwork({ clock, random: seededRandom(1), platform: "node" });
	const tcp = addressedNetwork(network, clock);
	const zone = new Zone(clock);
	const servers = new Map(
		[A, B, C].map((address, n) => {
			const server = createFakeServer({ clock, random: seededRandom(10 + n) });
			network.serve(urlOf(address), server);
			return [address, server];
		}),
	);
	const client = (seed: number, options: Partial<ClientOptions> = {}): Client =>
		createClient({
			endpoints: [PRIMARY_URL],
			connect: "eager",
			...options,
			runtime: { ...runtimeOf({ clock, network, tcp, zone }, seed), ...options.runtime },
		});
	return { clock, network, tcp, zone, servers, client };
}

function runtimeOf(
	{ clock, network, tcp, zone }: Pick<World, "clock" | "network" | "tcp" | "zone">,
	seed: number,
) {
	return {
		clock,
		random: seededRandom(seed),
		WebSocket: tcp.WebSocket,
		connect: tcp.connect,
		resolver: zone,
		fetch: network.fetch,
		storage: memoryStorage(),
		locks: memoryLocks(),
		lifecycle: network.lifecycle,
		logger: silentLogger,
	};
}

/** What names and races wait for. */
const ownTimers = ({ pending }: VirtualClock): readonly string[] =>
	pending.map(({ label }) => label).filter((label) => /^(?:dns|race|sleep)/.test(label));
const dialsAt = ({ servers }: World, address: string): number =>
	servers.get(address)?.dials.length ?? 0;
const status = (client: Client): string => client.connection.get().status;
const addressOf = (client: Client): string | null | undefined =>
	client.endpoints.get().find(({ address }) => address !== null)?.address;

describe("A dial in Node", () => {
	it("goes to an address of the name, and shows what is known of it", async () => {
		const w = world();
		w.zone.set(NAME, [A], 300_000);
		const client = w.client(1);
		await w.clock.advance(1_000);
		expect(status(client)).toBe("connected");
		expect(client.endpoints.get()).toMatchObject([
			{
				endpoint: { url: PRIMARY_URL },
				address: A,
				dns: { answers: answersOf([A], 300_000), stale: false, quarantined: [] },
			},
		]);
		const [{ dns } = { dns: null }] = client.endpoints.get();
		expect((dns?.expiresAt ?? 0) - w.clock.now()).toBe(299_000);
		await client.close();
		expect([addressOf(client), ownTimers(w.clock)]).toEqual([undefined, []]);
	});

	it("is at a random one of three: as many here as there among 3,000 clients (χ²)", async () => {
		const w = world();
		w.zone.set(NAME, [A, B, C]);
		for (let batch = 0; batch < 30; batch += 1) {
			const clients = Array.from({ length: 100 }, (_, n) => w.client(batch * 100 + n));
			await w.clock.advance(1_000);
			await Promise.all(clients.map((client) => client.close()));
		}
		const dials = [A, B, C].map((address) => dialsAt(w, address));
		expect(dials.reduce((sum, count) => sum + count, 0)).toBe(3_000);
		expect(chiSquare(dials, [1_000, 1_000, 1_000])).toBeGreaterThan(0.01);
	});

	it("after the TTL asks before it goes, and goes to the new address (D7)", async () => {
		const w = world();
		w.zone.set(NAME, [A], 45_000);
		const client = w.client(1);
		await w.clock.advance(10_000);
		w.zone.set(NAME, [B], 45_000);
		w.network.reset();
		await w.clock.advance(5_000);
		// Its answer holds yet.
		expect(addressOf(client)).toBe(A);
		await w.clock.advance(35_000);
		w.network.reset();
		await w.clock.advance(5_000);
		expect(addressOf(client)).toBe(B);
		await client.close();
	});

	it("with TTL 0 asks at each dial, and in the background every 30 s, no more (D5)", async () => {
		const w = world();
		w.zone.set(NAME, [A], 0);
		const client = w.client(1);
		await w.clock.advance(10_000);
		w.network.reset();
		await w.clock.advance(2_000);
		expect(w.zone.questions).toHaveLength(2);
		const since = w.clock.monotonic();
		await w.clock.advance(600_000);
		const pauses = w.zone.questions
			.filter(({ at }) => at > since)
			.map(({ at }, n, all) => at - (all[n - 1]?.at ?? at));
		expect(pauses.length).toBeGreaterThan(15);
		expect(Math.min(...pauses.slice(1))).toBeGreaterThanOrEqual(30_000);
		await client.close();
	});

	it("does without the address that failed, until its quarantine is over (D6, D8)", async () => {
		const w = world();
		w.zone.set(NAME, [A, B], 86_400_000);
		w.tcp.doors.set(A, "refused");
		const client = w.client(1, { reconnect: { stableAfterMs: 1_000 } });
		for (let n = 0; n < 20; n += 1) {
			await w.clock.advance(5_000);
			expect(addressOf(client)).toBe(B);
			w.network.reset();
		}
		expect(w.tcp.connects.filter((address) => address === A).length).toBeLessThanOrEqual(1);
		await client.close();
	});

	it("asks anew when every address has failed, though the TTL is a day (D6)", async () => {
		const w = world();
		w.zone.set(NAME, [A], 86_400_000);
		const client = w.client(1);
		await w.clock.advance(1_000);
		w.tcp.doors.set(A, "black-hole");
		w.network.reset();
		w.zone.set(NAME, [B], 86_400_000);
		await w.clock.advance(15_000);
		expect([status(client), addressOf(client)]).toEqual(["connected", B]);
		await client.close();
	});

	it("to an IP address needs no answer, and has none", async () => {
		const w = world();
		const client = w.client(1, {
			endpoints: [urlOf(A)],
			runtime: { WebSocket: w.network.WebSocket },
		});
		await w.clock.advance(1_000);
		expect([status(client), w.zone.questions]).toEqual(["connected", []]);
		await client.close();
	});

	it("with a star asks for another label each time, and dials that (S19)", async () => {
		const w = world();
		const names: string[] = [];
		const resolver = {
			resolve: async (name: string) => {
				names.push(name);
				return answersOf([A], 0);
			},
		};
		const client = w.client(1, { endpoints: ["ws://*.backup.test/"], runtime: { resolver } });
		for (let n = 0; n < 5; n += 1) {
			await w.clock.advance(3_000);
			w.network.reset();
		}
		expect(new Set(names).size).toBe(names.length);
		for (const name of names) expect(name).toMatch(/^[a-z0-9]+\.backup\.test$/);
		await client.close();
	});
});

describe("S16: a resolver that", () => {
	const silent = (): Promise<never> => new Promise(() => undefined);
	const fails = (details: object) => (): never => {
		throw new RealtimeError("dns-unavailable", "no answer", details);
	};

	it.each([
		["is silent (D3)", silent],
		["says SERVFAIL (D2)", fails({})],
		["says NXDOMAIN (D1)", fails({ retryAfterMs: 900_000 })],
	])("%s, but once gave an answer: connected within 2.5 s", async (_, answer) => {
		const w = world();
		w.zone.set(NAME, [A], 1_000);
		const client = w.client(1, { reconnect: { firstRedialWindowMs: 0 } });
		await w.clock.advance(10_000);
		w.zone.names.set(NAME, answer);
		w.network.reset();
		await w.clock.advance(2_500);
		expect(status(client)).toBe("connected");
		expect(client.endpoints.get()[0]?.dns).toMatchObject({ stale: true });
		await client.close();
	});

	it.each([
		["is silent (D3)", silent],
		["says SERVFAIL (D2)", fails({})],
		["says NXDOMAIN (D1)", fails({ retryAfterMs: 900_000 })],
	])("%s, and never gave one: the backup, on a name of its own", async (_, answer) => {
		const w = world();
		w.zone.names.set(NAME, answer);
		w.zone.set(BACKUP, [B]);
		const client = w.client(1, { endpoints: [PRIMARY_URL, BACKUP_URL] });
		await w.clock.advance(4_500);
		expect(client.connection.get()).toMatchObject({ status: "connected", role: "backup" });
		await client.close();
	});

	it("knows no name at all: dns-unavailable, not asked more than a negative answer's 30 s allow", async () => {
		const w = world();
		w.zone.names.set(NAME, fails({ retryAfterMs: 900_000 }));
		const client = w.client(1);
		await w.clock.advance(60_000);
		const state = client.connection.get();
		expect(state).toMatchObject({ status: "reconnecting", cause: { code: "dns-unavailable" } });
		expect(w.zone.questions.length).toBeLessThanOrEqual(3);
		await client.close();
	});

	it("answers after 1.5 s (D4), or twice, is waited for", async () => {
		const w = world();
		w.zone.names.set(NAME, async () => {
			await w.clock.sleep(1_500);
			return answersOf([A], 60_000);
		});
		const late = w.client(1);
		await w.clock.advance(2_000);
		expect(status(late)).toBe("connected");
		const twice = {
			resolve: () =>
				({
					// biome-ignore lint/suspicious/noThenProperty: a resolver that is not well behaved.
					then: (done: (answers: readonly DnsAnswer[]) => void) => {
						done(answersOf([B], 60_000));
						done([]);
					},
				}) as Promise<readonly DnsAnswer[]>,
		};
		const client = w.client(2, { runtime: { resolver: twice } });
		await w.clock.advance(1_000);
		expect(addressOf(client)).toBe(B);
		await Promise.all([late.close(), client.close()]);
	});

	it.each([
		[
			"throws at once",
			() => {
				throw new Error("boom");
			},
		],
		["brings nonsense", () => "10.0.0.1" as never],
		[
			"brings addresses of nobody",
			() => [{ address: "example.com", family: 4, ttlMs: 1 }] as never,
		],
	])("%s costs the endpoint its turn, and no more", async (_, answer) => {
		const w = world();
		w.zone.names.set(NAME, answer);
		w.zone.set(BACKUP, [B]);
		const client = w.client(1, { endpoints: [PRIMARY_URL, BACKUP_URL] });
		await w.clock.advance(1_000);
		expect(client.connection.get()).toMatchObject({ status: "connected", role: "backup" });
		await client.close();
	});
});

describe("S17: a race, through the client", () => {
	/** How long after `connect()` each of 300 clients is connected, in order. */
	async function delays(prepare: (w: World) => void): Promise<readonly [World, readonly number[]]> {
		const w = world();
		w.zone.set(NAME, [A, B, C]);
		prepare(w);
		const at: number[] = [];
		for (let batch = 0; batch < 3; batch += 1) {
			const since = w.clock.monotonic();
			const clients = Array.from({ length: 100 }, (_, n) => w.client(batch * 100 + n));
			for (const client of clients)
				client.connection.subscribe((state) => {
					if (state.status === "connected") at.push(w.clock.monotonic() - since);
				});
			await w.clock.advance(10_000);
			await Promise.all(clients.map((client) => client.close()));
		}
		expect(at).toHaveLength(300);
		return [w, at];
	}
	const upgrades = (w: World): number =>
		[A, B, C].reduce((sum, address) => sum + dialsAt(w, address), 0);

	it("around a black hole costs 300 ms at p99 and no upgrade more (D8)", async () => {
		const [, usual] = await delays(() => undefined);
		const [w, around] = await delays(({ tcp }) => tcp.doors.set(A, "black-hole"));
		expect(percentile(around, 0.99) - percentile(usual, 0.99)).toBeLessThanOrEqual(300);
		expect(Math.max(...around)).toBeGreaterThan(Math.max(...usual));
		expect(upgrades(w) / 300).toBeLessThanOrEqual(1.02);
	});

	it("around one that accepts and stays mute costs 1.3 s at most", async () => {
		const [, usual] = await delays(() => undefined);
		const [, around] = await delays(({ servers }) => {
			const mute = servers.get(A);
			if (mute) mute.behavior = "mute";
		});
		expect(Math.max(...around) - Math.max(...usual)).toBeLessThanOrEqual(1_300);
		expect(Math.max(...around)).toBeGreaterThan(1_000);
	});

	it("connects over a round trip of 400 ms, with one upgrade a dial", async () => {
		const [w] = await delays(({ tcp, network }) => {
			tcp.rttMs = 400;
			network.latency(200);
		});
		expect(upgrades(w) / 300).toBeLessThanOrEqual(1.02);
	});

	it("blames no address for a token that is late", async () => {
		const w = world();
		w.zone.set(NAME, [A, B, C]);
		const getToken = async (): Promise<string> => {
			await w.clock.sleep(10_000);
			return "token";
		};
		const client = w.client(1, { getToken });
		await w.clock.advance(3_900);
		expect(upgrades(w)).toBe(1);
		await w.clock.advance(20_000);
		expect(status(client)).toBe("connected");
		expect(client.endpoints.get()[0]?.dns?.quarantined).toEqual([]);
		await client.close();
	});

	it("leaves no question behind when the client is closed in the midst of one", async () => {
		const w = world();
		w.zone.names.set(NAME, () => new Promise(() => undefined));
		const client = w.client(1);
		await w.clock.advance(100);
		await client.close();
		await w.clock.settle();
		expect(ownTimers(w.clock)).toEqual([]);
		w.zone.set(NAME, [A]);
		void client.connect();
		await w.clock.advance(500);
		expect(status(client)).toBe("connected");
		await client.close();
	});

	it("hears a server that refuses, and shows its refusal to no other address", async () => {
		const w = world();
		w.zone.set(NAME, [A, B, C]);
		for (const server of w.servers.values()) server.behavior = { refuse: 503 };
		const client = w.client(1);
		await w.clock.advance(300);
		expect(upgrades(w)).toBe(1);
		await client.close();
	});
});

describe("S18: a name that is drained", () => {
	it("takes 200 live clients along: all moved, nothing lost, arrivals spread", async () => {
		const clock = createVirtualClock();
		const network = createNetwork({ clock, random: seededRandom(1), platform: "node" });
		const tcp = addressedNetwork(network, clock);
		const zone = new Zone(clock);
		const server = createServer<string>({
			runtime: { clock, random: seededRandom(2) },
			authorize: () => ({ id: "somebody" }),
		});
		for (const address of [A, B]) network.serve(urlOf(address), serverHost(server, address));
		zone.set(NAME, [A], 60_000);
		const heard: unknown[][] = [];
		const movedAt: number[] = [];
		const clients = Array.from({ length: 200 }, (_, n) => {
			const client = createClient({
				endpoints: [PRIMARY_URL],
				runtime: runtimeOf({ clock, network, tcp, zone }, n),
			});
			const mine: unknown[] = [];
			heard.push(mine);
			client.subscribe("room", ({ data }) => mine.push(data));
			client.connection.subscribe((state, previous) => {
				const isMove = state.status === "connected" && previous.status === "connected";
				if (isMove && state.since !== previous.since) movedAt.push(clock.monotonic());
			});
			return client;
		});
		let sent = 0;
		const run = async (ms: number): Promise<void> => {
			for (let at = 0; at < ms; at += 1_000) {
				await server.publish("room", sent++);
				await clock.advance(1_000);
			}
		};
		await clock.advance(5_000);
		await run(240_000);
		expect(clients.map(addressOf)).toEqual(clients.map(() => A));
		zone.set(NAME, [B], 60_000);
		const flippedAt = clock.monotonic();
		await run(120_000);

		expect(clients.map(addressOf)).toEqual(clients.map(() => B));
		for (const mine of heard) expect(mine).toEqual(Array.from({ length: sent }, (_, n) => n));
		expect(clients.every((client) => client.stats.get().migrations === 1)).toBe(true);
		expect(movedAt).toHaveLength(200);
		// The TTL, the questions that make sure, the window.
		expect(Math.max(...movedAt) - flippedAt).toBeLessThanOrEqual(60_000 + 20_000 + 11_000);
		const seconds = new Map<number, number>();
		for (const at of movedAt) {
			const second = Math.floor(at / 1_000);
			seconds.set(second, (seconds.get(second) ?? 0) + 1);
		}
		expect(Math.max(...seconds.values())).toBeLessThanOrEqual(50);
		await Promise.all(clients.map((client) => client.close()));
		await server[Symbol.asyncDispose]();
		expect(ownTimers(clock)).toEqual([]);
	}, 120_000);

	it("and back again: no second move within ten minutes", async () => {
		const w = world();
		w.zone.set(NAME, [A], 30_000);
		const client = w.client(1);
		await w.clock.advance(600_000);
		const moves: number[] = [];
		client.endpoints.subscribe(() => undefined);
		client.connection.subscribe((state, previous) => {
			if (state.status === "connected" && previous.status === "connected")
				if (state.since !== previous.since) moves.push(w.clock.monotonic());
		});
		for (let n = 0; n < 12; n += 1) {
			w.zone.set(NAME, [n % 2 === 0 ? B : A], 30_000);
			await w.clock.advance(300_000);
		}
		expect(moves.length).toBeGreaterThanOrEqual(1);
		for (const [n, at] of moves.entries())
			if (n > 0) expect(at - (moves[n - 1] as number)).toBeGreaterThanOrEqual(590_000);
		await client.close();
	});

	it.each([
		["three addresses, shuffled", 3],
		["one of three regions at random, as a backup's chain gives them (E3)", 1],
	])(
		"is not one with %s: 0 moves in a day",
		async (_, count) => {
			const w = world();
			const random = seededRandom(3);
			w.zone.names.set(NAME, () => {
				const shuffled = [A, B, C].sort(() => random() - 0.5);
				return answersOf(shuffled.slice(0, count), 30_000);
			});
			const clients = Array.from({ length: 5 }, (_, n) => w.client(n));
			await w.clock.advance(86_400_000);
			for (const client of clients) {
				expect(client.stats.get()).toMatchObject({ connects: 1, migrations: 0 });
				await client.close();
			}
		},
		120_000,
	);
});
