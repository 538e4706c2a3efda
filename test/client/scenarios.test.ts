import { describe, expect, it } from "vitest";
import type { Message } from "../../src/index.js";
import { RealtimeError, up } from "../../src/index.js";
import { createHarness, type Harness, type HarnessOptions } from "../../src/testing.js";

const onlyBackup = ({ endpoint }: { readonly endpoint: string }): "accept" | "mute" =>
	endpoint.includes("primary") ? "mute" : "accept";

/** A harness that ends with the test. */
async function within(
	options: HarnessOptions,
	run: (harness: Harness) => Promise<void>,
): Promise<void> {
	const harness = createHarness(options);
	try {
		await run(harness);
	} finally {
		await harness[Symbol.asyncDispose]();
	}
}

function collect(harness: Harness, channel = "room"): Message<unknown>[] {
	const messages: Message<unknown>[] = [];
	harness.client.subscribe(channel, (message) => messages.push(message));
	return messages;
}

const data = (messages: readonly Message<unknown>[]): unknown[] => messages.map((m) => m.data);
const statuses = ({ history }: Harness): string[] => history.map(({ status }) => status);

describe("connecting", () => {
	it("waits for the first subscribe or publish, and is then connected by a welcome", () =>
		within({}, async (harness) => {
			await harness.clock.advance(60_000);
			expect(harness.server.dials).toHaveLength(0);
			collect(harness);
			await harness.clock.advance(1_000);
			expect(statuses(harness).slice(0, 3)).toEqual(["idle", "connecting", "connected"]);
		}));

	it("dials at once when eager, and only on connect() when manual", async () => {
		await within({ connect: "eager" }, async ({ clock, client }) => {
			await clock.advance(1_000);
			expect(client.connection.get().status).toBe("connected");
		});
		await within({ connect: "manual" }, async (harness) => {
			collect(harness);
			await harness.clock.advance(60_000);
			expect(harness.client.connection.get().status).toBe("idle");
			const connected = harness.client.connect();
			await harness.clock.advance(1_000);
			await expect(connected).resolves.toBeUndefined();
		});
	});

	it("S2: leaves a server that accepts and stays mute for the next one at 4.0 s", () =>
		within({ behavior: onlyBackup }, async (harness) => {
			collect(harness);
			await harness.clock.advance(3_800);
			expect(harness.server.dials.map(({ endpoint }) => endpoint)).toEqual(["wss://primary.test"]);
			await harness.clock.advance(400);
			expect(harness.client.connection.get()).toMatchObject({
				status: "connected",
				endpoint: "wss://backup.test",
				role: "backup",
			});
		}));

	it("S2: connects over a 600 ms round trip with a cold token", () =>
		within({ getToken: () => new Promise((resolve) => later(resolve, 1_200)) }, async (harness) => {
			later = (run, ms) => void harness.clock.setTimeout(() => run("token"), ms, "token server");
			harness.network.latency(300);
			collect(harness);
			await harness.clock.advance(30_000);
			expect(harness.client.connection.get().status).toBe("connected");
		}));

	it("S2: charges a slow token server to no endpoint", () =>
		within({ getToken: () => new Promise((resolve) => later(resolve, 9_000)) }, async (harness) => {
			later = (run, ms) => void harness.clock.setTimeout(() => run("token"), ms, "token server");
			collect(harness);
			await harness.clock.advance(8_000);
			expect(harness.client.endpoints.get().map(({ failures }) => failures)).toEqual([0, 0]);
			await harness.clock.advance(20_000);
			expect(harness.client.connection.get()).toMatchObject({
				status: "connected",
				role: "primary",
			});
		}));

	it("rejects connect() with the signal's reason, and with closed after close()", () =>
		within({ behavior: "hang", connect: "manual" }, async ({ client, clock }) => {
			const aborter = new AbortController();
			const aborted = client.connect({ signal: aborter.signal });
			aborter.abort(new Error("changed my mind"));
			await expect(aborted).rejects.toThrow("changed my mind");
			const closed = expect(client.connect()).rejects.toMatchObject({ code: "closed" });
			await client.close();
			await closed;
			await clock.advance(60_000);
			expect(client.connection.get().status).toBe("closed");
		}));

	it("can be connected again after close(), and takes its subscriptions along", () =>
		within({}, async (harness) => {
			const messages = collect(harness);
			await harness.clock.advance(1_000);
			await harness.client.close();
			const again = harness.client.connect();
			await harness.clock.advance(1_000);
			await again;
			harness.server.publish("room", "back");
			await harness.clock.advance(1_000);
			expect(data(messages)).toEqual(["back"]);
		}));
});

let later: (resolve: (token: string) => void, ms: number) => void = () => undefined;

describe("a link that dies", () => {
	it("S7: is replaced on the backup when the primary is refused", () =>
		within({}, async (harness) => {
			collect(harness);
			await harness.clock.advance(40_000);
			using _ = harness.network.refuse("wss://primary.test");
			harness.network.reset();
			await harness.clock.advance(1_000);
			expect(harness.client.connection.get()).toMatchObject({
				status: "connected",
				role: "backup",
			});
			expect(harness.client.stats.get().failovers).toBe(1);
		}));

	it("S9: is noticed within 9.5 s when it falls silent, idle or busy", async () => {
		for (const isBusy of [false, true])
			await within({}, async (harness) => {
				collect(harness);
				await harness.clock.advance(40_000);
				harness.network.halfOpen();
				for (let second = 0; second < 9.5; second += 0.5) {
					if (isBusy) void harness.client.publish("room", second);
					await harness.clock.advance(500);
				}
				expect(statuses(harness)).toContain("reconnecting");
			});
	});

	it("S9: is not called dead after ten minutes hidden with a timer a minute", () =>
		within({}, async (harness) => {
			collect(harness);
			await harness.clock.advance(1_000);
			for (let minute = 0; minute < 10; minute += 1) await harness.clock.suspend(60_000);
			await harness.clock.advance(5_000);
			expect(statuses(harness).filter((status) => status === "reconnecting")).toEqual([]);
		}));

	it("S10: is found out within 2.2 s of a wake", () =>
		within({}, async (harness) => {
			collect(harness);
			await harness.clock.advance(1_000);
			harness.network.halfOpen();
			harness.client.wake("resumed");
			await harness.clock.advance(2_200);
			expect(statuses(harness)).toContain("reconnecting");
		}));

	it("S11: loses, repeats and reorders nothing of what was published meanwhile", () =>
		within({}, async (harness) => {
			const messages = collect(harness);
			await harness.clock.advance(1_000);
			for (let n = 0; n < 50; n += 1) {
				harness.server.publish("room", n);
				if (n % 10 === 5) harness.network.reset();
				await harness.clock.advance(100);
			}
			await harness.clock.advance(10_000);
			expect(data(messages)).toEqual(Array.from({ length: 50 }, (_, n) => n));
			expect(messages.some(({ replayed }) => replayed)).toBe(true);
		}));
});

describe("pushback", () => {
	it("S6: is obeyed on the HTTP half and on a refused dial, also on wake and reconnect()", () =>
		within(
			{ behavior: () => ({ refuse: 503, retryAfterMs: 20_000 }), platform: "node", api: [] },
			async (harness) => {
				collect(harness);
				await harness.clock.advance(100);
				expect(harness.server.dials).toHaveLength(1);
				harness.client.wake("visible");
				harness.client.reconnect();
				await harness.clock.advance(19_800);
				expect(harness.server.dials).toHaveLength(1);
				await harness.clock.advance(4_500);
				expect(harness.server.dials).toHaveLength(2);
			},
		));
});

describe("degraded mode", () => {
	it("S13: polls, publishes over HTTP, and comes back to WebSocket without loss or repeat", () =>
		within({ behavior: { refuse: 503 } }, async (harness) => {
			const messages = collect(harness);
			await harness.clock.advance(2_000);
			expect(harness.client.mode.get().mode).toBe("degraded");
			harness.server.publish("room", 1);
			const receipt = harness.client.publish("room", 2);
			await harness.clock.advance(40_000);
			expect(data(messages)).toEqual([1, 2]);
			expect(messages.every(({ via }) => via === "polling")).toBe(true);
			await expect(receipt).resolves.toMatchObject({ status: "stored" });
			harness.server.behavior = "accept";
			await harness.clock.advance(30_000);
			expect(harness.client.mode.get().mode).toBe("normal");
			harness.server.publish("room", 3);
			await harness.clock.advance(1_000);
			expect(data(messages)).toEqual([1, 2, 3]);
		}));

	it("S13: begins within ten seconds when upgrades are swallowed", () =>
		within({ behavior: "hang" }, async (harness) => {
			collect(harness);
			await harness.clock.advance(10_100);
			expect(harness.client.mode.get()).toMatchObject({
				mode: "degraded",
				reasons: ["connection"],
			});
			await harness.clock.advance(1_000);
			expect(harness.client.stats.get().polls).toBeGreaterThan(0);
		}));

	it("is offline when the HTTP half does not work either, and says so in the banner", () =>
		within({}, async (harness) => {
			collect(harness);
			await harness.clock.advance(1_000);
			harness.network.offline();
			await harness.clock.advance(12_000);
			expect(harness.client.mode.get().mode).toBe("offline");
			expect(harness.client.banner.get()).toMatchObject({ kind: "offline", level: "critical" });
			harness.network.online();
			await harness.clock.advance(3_000);
			expect(harness.client.mode.get().mode).toBe("normal");
			expect(harness.client.banner.get()?.kind).toBe("restored");
			await harness.clock.advance(5_000);
			expect(harness.client.banner.get()).toBeNull();
		}));

	it("is held by name until every hold of that name is disposed", () =>
		within({}, async (harness) => {
			collect(harness);
			await harness.clock.advance(1_000);
			const { client } = harness;
			const holds = [client.degraded.hold("assets"), client.degraded.hold("assets")];
			expect(client.mode.get()).toMatchObject({ mode: "degraded", reasons: ["assets"] });
			holds[0]?.[Symbol.dispose]();
			holds[0]?.[Symbol.dispose]();
			expect(client.mode.get().mode).toBe("degraded");
			holds[1]?.[Symbol.dispose]();
			expect(client.mode.get().mode).toBe("normal");
		}));

	it("in manual polling counts what waits, and loads it when asked", () =>
		within({ behavior: { refuse: 503 }, degraded: { polling: "manual" } }, async (harness) => {
			const { client, clock, server } = harness;
			const messages = collect(harness);
			await clock.advance(3_000);
			// Nothing waits, so nothing is shown.
			expect(client.mode.get().mode).toBe("degraded");
			expect(client.banner.get()).toBeNull();
			const first = client.degraded.loadMore();
			await clock.advance(1_000);
			await expect(first).resolves.toBe(0);
			server.publish("room", "a");
			server.publish("room", "b");
			await clock.advance(40_000);
			expect(messages).toEqual([]);
			expect(client.banner.get()).toMatchObject({ kind: "degraded", pending: 2 });
			const loaded = client.banner.get()?.actions.loadMore?.();
			await clock.advance(1_000);
			await expect(loaded).resolves.toBe(2);
			expect(data(messages)).toEqual(["a", "b"]);
		}));
});

describe("make before break", () => {
	it("S15: moves on a goodbye with no message late, and lets the old link go", () =>
		within({}, async (harness) => {
			const messages = collect(harness);
			await harness.clock.advance(1_000);
			harness.server.goodbye({ deadlineMs: 5_000, windowMs: 2_000 });
			for (let n = 0; n < 60; n += 1) {
				harness.server.publish("room", n);
				await harness.clock.advance(100);
				expect(data(messages)).toHaveLength(n + 1);
			}
			expect(harness.client.stats.get()).toMatchObject({ migrations: 1, dials: 2 });
			expect(harness.server.connections).toBe(1);
			expect(statuses(harness)).not.toContain("reconnecting");
		}));

	it("S8: returns to the primary within the fail-back window", () =>
		within({ behavior: onlyBackup }, async (harness) => {
			const messages = collect(harness);
			await harness.clock.advance(10_000);
			expect(harness.client.connection.get()).toMatchObject({ role: "backup" });
			harness.server.behavior = "accept";
			await harness.clock.advance(600_000);
			expect(harness.client.connection.get()).toMatchObject({ role: "primary" });
			harness.server.publish("room", "here");
			await harness.clock.advance(500);
			expect(data(messages)).toEqual(["here"]);
			expect(statuses(harness)).not.toContain("reconnecting");
		}));
});

describe("tokens", () => {
	it("S22: asks for one fresh token when the server refuses, then stops and says so", () =>
		within(
			{
				server: { authorize: ({ token }) => (token === "good" ? { id: "ada" } : null) },
				getToken: ({ reason }) => Promise.resolve(`bad-${reason}`),
			},
			async (harness) => {
				collect(harness);
				await harness.clock.advance(60_000);
				expect(harness.client.connection.get()).toMatchObject({
					status: "failed",
					cause: { code: "unauthorized", retryable: false },
				});
				const { length } = harness.server.dials;
				await harness.clock.advance(600_000);
				expect(harness.server.dials).toHaveLength(length);
			},
		));

	it("S22: stops when the token turns out to be another identity's", () => {
		let identity = "ada";
		return within(
			{
				server: { authorize: ({ token }) => ({ id: String(token) }) },
				getToken: async () => identity,
			},
			async (harness) => {
				collect(harness);
				await harness.clock.advance(1_000);
				identity = "bob";
				harness.server.close(4401);
				await harness.clock.advance(60_000);
				expect(harness.client.connection.get()).toMatchObject({
					status: "failed",
					cause: { code: "forbidden" },
				});
			},
		);
	});

	it("refreshes in place before the token expires", () => {
		const reasons: string[] = [];
		return within({}, async () => undefined).then(async () => {
			const harness: Harness = createHarness({
				server: {
					authorize: () => ({ id: "ada", expiresAt: harness.clock.now() + 60_000 }),
				},
				getToken: async ({ reason }) => {
					reasons.push(reason);
					return "token";
				},
			});
			collect(harness);
			await harness.clock.advance(200_000);
			expect(reasons[0]).toBe("initial");
			expect(reasons.slice(1).every((reason) => reason === "expired")).toBe(true);
			expect(reasons.length).toBeGreaterThan(3);
			expect(harness.client.stats.get().dials).toBe(1);
			await harness[Symbol.asyncDispose]();
		});
	});

	it.each([
		["throws", () => Promise.reject(new Error("token server down"))],
		["returns nothing", () => Promise.resolve("")],
		[
			"throws at once",
			() => {
				throw new Error("not a promise");
			},
		],
		["hangs", () => new Promise<string>(() => undefined)],
	])("survives a token function that %s", (_, getToken) =>
		within({ getToken, api: [] }, async (harness) => {
			collect(harness);
			await harness.clock.advance(120_000);
			expect(["reconnecting", "connecting", "failed"]).toContain(
				harness.client.connection.get().status,
			);
			expect(harness.server.received).toEqual([]);
		}),
	);
});

describe("publishing", () => {
	it("keeps the order of what was queued before the first link", () =>
		within({}, async (harness) => {
			const messages = collect(harness);
			const receipts = Array.from({ length: 40 }, (_, n) => harness.client.publish("room", n));
			await harness.clock.advance(3_000);
			const offsets = (await Promise.all(receipts)).map((receipt) =>
				receipt.status === "stored" ? receipt.position.offset : Number.NaN,
			);
			expect(data(messages)).toEqual(Array.from({ length: 40 }, (_, n) => n));
			expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
		}));

	it("sends a copy: what the app changes afterwards is not sent", () =>
		within({}, async (harness) => {
			const messages = collect(harness);
			const text = { value: "before" };
			void harness.client.publish("room", text);
			text.value = "after";
			await harness.clock.advance(1_000);
			expect(data(messages)).toEqual([{ value: "before" }]);
		}));

	it("rejects at once without a link where the app asks for that", () =>
		within({ behavior: "hang" }, async ({ client }) => {
			const published = client.publish("room", 1, { whenOffline: "reject" });
			await expect(published).rejects.toMatchObject({ code: "connection-lost" });
		}));

	it("tells that its time to live passed before it could be sent", () =>
		within({ behavior: "hang", api: [] }, async ({ client, clock }) => {
			const published = client.publish("room", 1, { ttlMs: 5_000 });
			await clock.advance(6_000);
			await expect(published).resolves.toMatchObject({ status: "expired" });
		}));

	it("is withdrawn by its signal while it has not been sent", () =>
		within({ behavior: "hang", api: [] }, async ({ client, clock }) => {
			const aborter = new AbortController();
			const published = client.publish("room", 1, { signal: aborter.signal });
			const withdrawn = expect(published).rejects.toThrow("never mind");
			aborter.abort(new Error("never mind"));
			await clock.advance(100);
			await withdrawn;
			expect(client.outbox.get()).toEqual([]);
		}));

	it("ends with forbidden what the server forbids, and the rest goes on", () =>
		within(
			{ server: { canPublish: (_, __, value) => value !== "bad" } },
			async ({ client, clock }) => {
				const good = client.publish("room", "good");
				const bad = expect(client.publish("room", "bad")).rejects.toMatchObject({
					code: "forbidden",
				});
				const last = client.publish("room", "last");
				await clock.advance(2_000);
				await bad;
				await expect(good).resolves.toMatchObject({ status: "stored" });
				await expect(last).resolves.toMatchObject({ status: "stored" });
			},
		));

	it("refuses what is not JSON, a bad id and a bad channel, at the call", () =>
		within({}, async ({ client }) => {
			const circle: { self?: unknown } = {};
			circle.self = circle;
			for (const misuse of [
				() => client.publish("room", undefined),
				() => client.publish("room", circle),
				() => client.publish("room", 1n),
				() => client.publish("", 1),
				() => client.publish("room", 1, { id: "" }),
				() => client.publish("room", 1, { ttlMs: -1 }),
				() => client.subscribe("x".repeat(257), () => undefined),
				() => client.subscribe("room", null as never),
			])
				expect(misuse).toThrow(RealtimeError);
		}));

	it("ephemeral: reaches who is there, is stored nowhere, and is not queued", () =>
		within({}, async (harness) => {
			const messages = collect(harness);
			await expect(
				harness.client.publish("room", "early", { ephemeral: true }),
			).rejects.toMatchObject({ code: "connection-lost" });
			await harness.clock.advance(1_000);
			const sent = harness.client.publish("room", "typing", { ephemeral: true });
			await harness.clock.advance(500);
			await expect(sent).resolves.toMatchObject({ status: "sent" });
			expect(messages).toMatchObject([{ data: "typing", position: null }]);
			const history = harness.client.history("room");
			await harness.clock.advance(500);
			await expect(history).resolves.toEqual([]);
		}));
});

describe("subscribing", () => {
	it("A5: changes its mind ten thousand times in one tick at the cost of one frame", () =>
		within({ connect: "eager" }, async ({ client, clock, server }) => {
			await clock.advance(1_000);
			const before = server.received.length;
			for (let n = 0; n < 10_000; n += 1) client.subscribe("room", () => undefined).unsubscribe();
			client.subscribe("room", () => undefined);
			await clock.advance(1_000);
			const frames = server.received.slice(before) as { readonly type: string }[];
			expect(frames.map(({ type }) => type)).toEqual(["subscribe"]);
		}));

	it("A4: goes on with the others when a listener throws, and tells of it", () =>
		within({}, async (harness) => {
			const errors: unknown[] = [];
			harness.client.on("error", (error) => errors.push(error.cause));
			const cause = new Error("in the app");
			harness.client.subscribe("room", () => {
				throw cause;
			});
			const messages = collect(harness);
			await harness.clock.advance(1_000);
			harness.server.publish("room", 1);
			await harness.clock.advance(500);
			expect(data(messages)).toEqual([1]);
			expect(errors).toEqual([cause]);
		}));

	it("dials on when a filter of the app's throws, without that filter, and tells of it", () => {
		const cause = new Error("in the filter");
		const broken = (): never => {
			throw cause;
		};
		return within({ endpointFilters: [broken, up()] }, async ({ client, clock }) => {
			const errors: unknown[] = [];
			client.on("error", (error) => errors.push(error.cause));
			client.connect().catch(() => undefined);
			await clock.advance(1_000);
			expect(client.connection.get().status).toBe("connected");
			expect(errors).toContain(cause);
		});
	});

	it("is denied where the server forbids, in its state", () =>
		within({ server: { canSubscribe: () => false } }, async ({ client, clock }) => {
			const subscription = client.subscribe("secret", () => undefined);
			await clock.advance(1_000);
			expect(subscription.state.get()).toMatchObject({
				status: "denied",
				cause: { code: "forbidden" },
			});
			expect(client.connection.get().status).toBe("connected");
		}));

	it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
		"takes %s for a channel like any other",
		(channel) =>
			within({}, async (harness) => {
				const messages = collect(harness, channel);
				await harness.clock.advance(1_000);
				void harness.client.publish(channel, "hi");
				await harness.clock.advance(1_000);
				expect(data(messages)).toEqual(["hi"]);
				expect(({} as Record<string, unknown>).channel).toBeUndefined();
			}),
	);

	it("starts where it is told, and refuses that on a channel that lives already", () =>
		within({}, async (harness) => {
			for (let n = 0; n < 5; n += 1) harness.server.publish("room", n);
			const last: unknown[] = [];
			harness.client.subscribe("room", (message) => last.push(message.data), { from: { last: 2 } });
			await harness.clock.advance(1_000);
			expect(last).toEqual([3, 4]);
			expect(() => harness.client.subscribe("room", () => undefined, { from: "earliest" })).toThrow(
				RealtimeError,
			);
		}));

	it("ends with its signal", () =>
		within({}, async (harness) => {
			const aborter = new AbortController();
			const got: unknown[] = [];
			const { state } = harness.client.subscribe("room", (message) => got.push(message), {
				signal: aborter.signal,
			});
			await harness.clock.advance(1_000);
			aborter.abort();
			harness.server.publish("room", 1);
			await harness.clock.advance(1_000);
			expect(got).toEqual([]);
			expect(state.get().status).toBe("unsubscribed");
		}));
});

describe("close()", () => {
	it("leaves no timer and no connection, and rejects what is pending", () =>
		within({}, async (harness) => {
			collect(harness);
			await harness.clock.advance(1_000);
			harness.network.halfOpen();
			const pending = expect(harness.client.publish("room", 1)).rejects.toMatchObject({
				code: "closed",
			});
			await harness.client.close();
			await pending;
			// The network may still carry what was on its way.
			await harness.clock.advance(60_000);
			expect(harness.clock.pending.filter(({ label }) => label !== "network")).toEqual([]);
			await expect(harness.client.publish("room", 1)).rejects.toMatchObject({ code: "closed" });
		}));
});

describe("what the server does not take", () => {
	it("A8, V6: a message above its frame size fails alone, and costs no link", () =>
		within({ connect: "eager", server: { maxFrameBytes: 4_096 } }, async (harness) => {
			const messages = collect(harness);
			await harness.clock.advance(1_000);
			const large = expect(harness.client.publish("room", "é".repeat(4_000))).rejects.toMatchObject(
				{ code: "message-too-large" },
			);
			const small = harness.client.publish("room", "small");
			await harness.clock.advance(2_000);
			await large;
			await expect(small).resolves.toMatchObject({ status: "stored" });
			expect(data(messages)).toEqual(["small"]);
			expect(harness.client.stats.get().dials).toBe(1);
		}));

	it("A8, V6: fails just so where it was queued before the server had named its limit", () =>
		within({ server: { maxFrameBytes: 4_096 } }, async ({ client, clock }) => {
			const large = expect(client.publish("room", "x".repeat(9_000))).rejects.toMatchObject({
				code: "message-too-large",
			});
			await clock.advance(5_000);
			await large;
			expect(client.stats.get().dials).toBe(1);
		}));
});

describe("loadMore()", () => {
	it("is answered also before degraded mode has begun", () =>
		within({ behavior: "hang" }, async (harness) => {
			const messages = collect(harness);
			await harness.clock.advance(500);
			harness.server.publish("room", 1);
			const loaded = harness.client.degraded.loadMore();
			await harness.clock.advance(1_000);
			await expect(loaded).resolves.toBe(0);
			harness.server.publish("room", 2);
			const again = harness.client.degraded.loadMore();
			await harness.clock.advance(1_000);
			await expect(again).resolves.toBe(1);
			expect(data(messages)).toEqual([2]);
		}));

	it("S13: degraded mode begins also where connect() had to wait for a pushback", () =>
		within(
			{ behavior: () => ({ refuse: 503, retryAfterMs: 120_000 }), platform: "node" },
			async (harness) => {
				collect(harness);
				await harness.clock.advance(1_000);
				await harness.client.close();
				harness.client.connect().catch(() => undefined);
				await harness.clock.advance(30_000);
				expect(harness.client.mode.get().mode).toBe("degraded");
			},
		));
});

describe("publishes over HTTP while a WebSocket says hello", () => {
	it("do not fence the link that takes over from them", () =>
		within({ behavior: { refuse: 503 } }, async (harness) => {
			const { client, clock, server, network } = harness;
			const messages = collect(harness);
			await clock.advance(3_000);
			void client.publish("room", 1);
			await clock.advance(10_000);
			expect(data(messages)).toEqual([1]);
			// The welcome takes a while; meanwhile publishes go on over HTTP.
			network.latency(300);
			server.behavior = "accept";
			for (let n = 2; n <= 80; n += 1) {
				void client.publish("room", n);
				await clock.advance(250);
			}
			await clock.advance(20_000);
			expect(data(messages)).toEqual(Array.from({ length: 80 }, (_, n) => n + 1));
			expect(client.stats.get().connects).toBe(1);
			expect(client.connection.get().status).toBe("connected");
		}));
});
