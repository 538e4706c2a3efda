/* S3, S5, S7, S9, S13 on real sockets with the defaults a user gets, raw `ws` behind the same proxies. */
import { once } from "node:events";
import { type Client, type ClientOptions, createClient, silentLogger } from "holdfast";
import WebSocket from "ws";
import { createRealEdge, type RealEdge } from "../support/real-edge.js";
import { quantile, type Row, seconds } from "./table.js";

const NEVER = "never: it has no such thing";

/** A user's client: defaults, but for what the edge dictates. */
function clientOf(edge: RealEdge, options: Partial<ClientOptions> = {}): Client {
	return createClient({
		endpoints: edge.gateways.map(({ url }) => url),
		getToken: async () => "bench",
		runtime: { logger: silentLogger },
		...options,
	});
}

async function withEdge<T>(
	run: (edge: RealEdge) => Promise<T>,
	server: NonNullable<Parameters<typeof createRealEdge>[0]>["server"] = {},
): Promise<T> {
	const authorize = (): { id: string } => ({ id: "bench" });
	const edge = await createRealEdge({
		server: { heartbeatMs: 6_000, heartbeatTimeoutMs: 3_000, authorize, ...server },
	});
	try {
		return await run(edge);
	} finally {
		await edge.stop();
	}
}

/** How long until the client's state is like that, in ms; NaN if it is not within `limitMs`. */
function until(
	client: Client,
	is: (state: ReturnType<Client["connection"]["get"]>) => boolean,
	limitMs: number,
): Promise<number> {
	const begin = performance.now();
	return new Promise((resolve) => {
		const done = (): void => {
			const isThere = is(client.connection.get());
			if (!isThere && performance.now() - begin < limitMs) return;
			clearTimeout(timer);
			unsubscribe();
			resolve(isThere ? performance.now() - begin : Number.NaN);
		};
		const timer = setTimeout(done, limitMs);
		const unsubscribe = client.connection.subscribe(done);
		done();
	});
}

async function connected(clients: readonly Client[]): Promise<void> {
	await Promise.all(clients.map((client) => client.connect()));
	for (const client of clients) client.subscribe("bench", () => undefined);
}

const closeAll = (clients: readonly Client[]): Promise<unknown> =>
	Promise.all(clients.map((client) => client.close()));

/** A bare socket in the same place: how long until it notices anything. */
async function rawNotices(url: string, strike: () => void, limitMs: number): Promise<string> {
	const socket = new WebSocket(url, "holdfast.v1", { perMessageDeflate: false });
	socket.on("error", () => undefined);
	await once(socket, "open");
	socket.send(
		JSON.stringify({
			type: "hello",
			token: "bench",
			class: "boot",
			client: "raw",
			link: 1,
			name: "raw",
			version: "0",
		}),
	);
	await once(socket, "message");
	strike();
	const begin = performance.now();
	const closed = once(socket, "close").then(() => seconds(performance.now() - begin));
	const limit = new Promise<string>((resolve) => {
		setTimeout(() => resolve(`not within ${seconds(limitMs)}`), limitMs);
	});
	const verdict = await Promise.race([closed, limit]);
	socket.terminate();
	return verdict;
}

export function firstRedial(clients = 200): Promise<readonly Row[]> {
	return withEdge(async (edge) => {
		const all = Array.from({ length: clients }, () => clientOf(edge));
		await connected(all);
		const waits: number[] = [];
		// From each client's own loss: all of them, and their servers, share this process.
		for (const client of all) {
			let lostAt: number | null = null;
			client.on("transition", ({ to }) => {
				if (to.status !== "reconnecting") return;
				lostAt ??= performance.now();
				if (to.retryAt === null) waits.push(performance.now() - lostAt);
			});
		}
		edge.primary.proxy.reset();
		await Promise.all(
			all.map((client) => until(client, ({ status }) => status === "reconnecting", 5_000)),
		);
		await Promise.all(
			all.map((client) => until(client, ({ status }) => status === "connected", 20_000)),
		);
		await closeAll(all);
		const p50 = quantile(waits, 0.5);
		const spread = Math.max(...waits) - Math.min(...waits);
		return [
			{
				id: "S3",
				what: `first redial of ${clients} clients whose link was reset: p50, spread`,
				holdfast: `${seconds(p50)}, ${seconds(spread)}`,
				raw: NEVER,
				required: "p50 ≤ 0.30 s, spread ≥ 0.40 s",
				isMet: p50 <= 300 && spread >= 400,
			},
		];
	});
}

export const flapping = (clients = 200): Promise<readonly Row[]> =>
	flaps(clients, { minute: 1, which: "the first minute", most: 30 });

/** Takes those eleven minutes. */
export const flappingLate = (clients = 200): Promise<readonly Row[]> =>
	flaps(clients, { minute: 11, which: "the minute after ten", most: 2 });

/** A server that accepts and then closes, and how often it is dialled in one of its minutes. */
function flaps(
	clients: number,
	{ minute, which, most }: { minute: number; which: string; most: number },
): Promise<readonly Row[]> {
	return withEdge(async (edge) => {
		const all = Array.from({ length: clients }, () =>
			clientOf(edge, { connect: "eager", endpoints: [edge.primary.url] }),
		);
		const cut = setInterval(() => edge.primary.proxy.reset(), 50);
		const wait = (minutes: number): Promise<unknown> =>
			new Promise((resolve) => setTimeout(resolve, 60_000 * minutes));
		await wait(minute - 1);
		const before = all.map((client) => client.stats.get().dials);
		await wait(1);
		clearInterval(cut);
		// One endpoint: a dial is a round.
		const rounds = all.map((client, at) => client.stats.get().dials - (before[at] ?? 0));
		await closeAll(all);
		const p95 = quantile(rounds, 0.95);
		return [
			{
				id: "S5",
				what: `rounds of dials in ${which} at a server that accepts and then drops: p95 of ${clients}`,
				holdfast: `${p95}`,
				raw: NEVER,
				required: `≤ ${most}`,
				isMet: p95 <= most,
			},
		];
	});
}

export async function failover(clients = 40): Promise<readonly Row[]> {
	const measure = (
		strike: (edge: RealEdge) => Promise<void> | void,
		limitMs: number,
	): Promise<number[]> =>
		withEdge(async (edge) => {
			const all = Array.from({ length: clients }, () => clientOf(edge));
			await connected(all);
			await strike(edge);
			await Promise.all(
				all.map((client) => until(client, ({ status }) => status === "reconnecting", 15_000)),
			);
			const times = await Promise.all(
				all.map((client) =>
					until(
						client,
						(state) => state.status === "connected" && state.role === "backup",
						limitMs,
					),
				),
			);
			await closeAll(all);
			return times;
		});
	const refused = await measure(async ({ primary }) => {
		await primary.proxy.refuse();
		primary.proxy.reset();
	}, 10_000);
	const blackHoled = await measure(({ primary }) => {
		primary.proxy.hang();
		primary.proxy.mute("up", "down");
	}, 20_000);
	const [p50, hole50, hole99] = [
		quantile(refused, 0.5),
		quantile(blackHoled, 0.5),
		quantile(blackHoled, 0.99),
	];
	const common = { id: "S7", raw: NEVER } as const;
	return [
		{
			...common,
			what: `primary dies and refuses: on the backup, p50 of ${clients}`,
			holdfast: seconds(p50),
			required: "≤ 0.50 s",
			isMet: p50 <= 500,
		},
		{
			...common,
			what: "primary black-holed: on the backup from the loss being noticed, p50 / p99",
			holdfast: `${seconds(hole50)} / ${seconds(hole99)}`,
			required: "≤ 4.5 s / ≤ 8 s",
			isMet: hole50 <= 4_500 && hole99 <= 8_000,
		},
	];
}

export async function halfOpen(trials = 50): Promise<readonly Row[]> {
	const rows: Row[] = [];
	for (const isBusy of [false, true]) {
		const row = await withEdge(async (edge) => {
			const all = Array.from({ length: trials }, () => clientOf(edge));
			await connected(all);
			const raw = isBusy
				? Promise.resolve("as idle")
				: rawNotices(edge.primary.url, () => undefined, 12_000);
			await new Promise((resolve) => setTimeout(resolve, 500));
			edge.primary.proxy.hang();
			edge.primary.proxy.mute("up", "down");
			const busy = setInterval(() => {
				if (isBusy)
					for (const client of all) client.publish("bench", "busy").catch(() => undefined);
			}, 500);
			const times = await Promise.all(
				all.map((client) => until(client, ({ status }) => status === "reconnecting", 15_000)),
			);
			clearInterval(busy);
			const notice = await raw;
			await closeAll(all);
			const worst = times.some(Number.isNaN) ? Number.NaN : Math.max(...times);
			return {
				id: "S9",
				what: `silent black hole noticed, ${isBusy ? "while the app sends" : "idle"}: worst of ${trials}`,
				holdfast: seconds(worst),
				raw: notice,
				required: "≤ 9.5 s",
				isMet: worst <= 9_500,
			};
		});
		rows.push(row);
	}
	return rows;
}

export async function degraded(clients = 20): Promise<readonly Row[]> {
	const measure = (
		door: RealEdge["primary"]["door"],
	): Promise<{ poll: number[]; back: number[] }> =>
		withEdge(async (edge) => {
			for (const gateway of edge.gateways) gateway.door = door;
			const begin = performance.now();
			const all = Array.from({ length: clients }, () => clientOf(edge, { api: edge.api.httpUrl }));
			for (const client of all) client.subscribe("bench", () => undefined);
			const poll = await Promise.all(
				all.map(async (client) => {
					while (client.stats.get().polls === 0 && performance.now() - begin < 30_000)
						await new Promise((resolve) => setTimeout(resolve, 20));
					return performance.now() - begin;
				}),
			);
			for (const gateway of edge.gateways) gateway.door = "open";
			const back = await Promise.all(
				all.map((client) => until(client, ({ status }) => status === "connected", 60_000)),
			);
			await closeAll(all);
			return { poll, back };
		});
	const refused = await measure({ status: "503 Service Unavailable" });
	const swallowed = await measure("swallow");
	const worst = (values: readonly number[]): number =>
		values.some(Number.isNaN) ? Number.NaN : Math.max(...values);
	return [
		["refused", refused, 2_000, "≤ 1 s after the last endpoint failed"] as const,
		["swallowed", swallowed, 11_500, "≤ 10 s, and a second's spread"] as const,
	].map(([how, { poll, back }, most, required]) => ({
		id: "S13",
		what: `upgrades ${how}: first poll / back on WebSocket after healing, worst of ${clients}`,
		holdfast: `${seconds(worst(poll))} / ${seconds(worst(back))}`,
		raw: NEVER,
		required: `${required} / ≤ 30 s`,
		isMet: worst(poll) <= most && worst(back) <= 30_000,
	}));
}
