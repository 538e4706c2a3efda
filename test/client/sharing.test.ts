/* S24 on virtual time: ten tabs of one browser, one connection. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import {
	type BrowserOptions,
	VirtualBrowser,
	type VirtualTab,
} from "../support/virtual-browser.js";

let browser: VirtualBrowser;
// What is loaded when first needed takes real time; from then on, none.
beforeAll(() => import("../../src/client/sharing.js"));
afterEach(() => browser?.[ASYNC_DISPOSE]());

const range = (first: number, last: number): readonly number[] =>
	Array.from({ length: last - first + 1 }, (_, n) => first + n);

/** Ten tabs that listen to "room", all connected. */
async function ten(options: BrowserOptions = {}): Promise<readonly VirtualTab[]> {
	browser = new VirtualBrowser(options);
	for (let n = 0; n < 10; n += 1) {
		browser.open().listen("room");
		await browser.clock.advance(50);
	}
	await browser.clock.advance(2_000);
	return browser.tabs;
}

describe("ten tabs", () => {
	it("have one connection, and each hears each message once, in order", async () => {
		const tabs = await ten();
		expect(tabs.map(({ client }) => client.connection.get().status)).toEqual(
			Array(10).fill("connected"),
		);
		expect([browser.connections, browser.server.dials.length, browser.leaders.length]).toEqual([
			1, 1, 1,
		]);
		for (const n of range(1, 100)) browser.server.publish("room", n);
		await browser.clock.advance(1_000);
		expect(tabs.map(({ heard }) => heard)).toEqual(Array(10).fill(range(1, 100)));
	});

	it("publish by it: receipts with positions, in order", async () => {
		const tabs = await ten();
		const receipts = tabs.map(({ client }, n) => client.publish("room", n));
		await browser.clock.advance(1_000);
		expect(await Promise.all(receipts)).toEqual(
			tabs.map(() =>
				expect.objectContaining({
					status: "stored",
					duplicate: false,
					position: expect.objectContaining({ offset: expect.any(Number) }),
				}),
			),
		);
		expect(tabs.map(({ heard }) => heard.length)).toEqual(Array(10).fill(10));
	});
});

/** Publishes a number each 100 ms, by the server and by each tab that lives, and keeps what was promised. */
class Traffic {
	/** By tab: what it published. */
	readonly sent = new Map<VirtualTab, string[]>();
	/** What receipts call stored. */
	readonly stored: string[] = [];
	readonly failed: string[] = [];
	readonly byServer: string[] = [];
	#n = 0;

	async run(ms: number): Promise<void> {
		for (let passed = 0; passed < ms; passed += 100) {
			this.#n += 1;
			browser.server.publish("room", `server ${this.#n}`);
			this.byServer.push(`server ${this.#n}`);
			for (const [at, tab] of browser.tabs.entries())
				if (tab.clock.state === "runs" && tab.client.connection.get().status !== "closed")
					this.#publish(tab, `tab ${at}: ${this.#n}`);
			await browser.clock.advance(100);
		}
	}

	#publish(tab: VirtualTab, data: string): void {
		this.sent.set(tab, [...(this.sent.get(tab) ?? []), data]);
		tab.client.publish("room", data).then(
			({ status }) => status === "stored" && this.stored.push(data),
			({ code }) => this.failed.push(code),
		);
	}
}

const alive = (): readonly VirtualTab[] =>
	browser.tabs.filter(
		({ clock, client }) => clock.state === "runs" && client.connection.get().status === "connected",
	);

/** 0 lost, 0 repeated, in one order, of what each living tab heard and published; every receipt is true. */
function expectLedger(traffic: Traffic): void {
	const [first] = alive();
	const log = first?.heard as string[];
	expect(new Set(log).size).toBe(log.length);
	for (const { heard, gaps } of alive()) expect([heard, gaps]).toEqual([log, []]);
	expect(log.filter((data) => data.startsWith("server"))).toEqual(traffic.byServer);
	const held = new Set(log);
	expect(traffic.stored.filter((data) => !held.has(data))).toEqual([]);
	for (const [at, tab] of browser.tabs.entries()) {
		const own = log.filter((data) => data.startsWith(`tab ${at}: `));
		const sent = traffic.sent.get(tab) ?? [];
		// What a tab that is gone had not sent is gone with it; what it had is in its order.
		if (alive().includes(tab)) expect(own).toEqual(sent);
		else expect(own).toEqual(sent.filter((data) => held.has(data)));
	}
	const promised = alive().flatMap((tab) => traffic.sent.get(tab) ?? []);
	expect(promised.filter((data) => !traffic.stored.includes(data))).toEqual([]);
}

describe("when the leading tab", () => {
	it.each<[string, (leader: VirtualTab) => void]>([
		["is killed", (leader) => leader.kill()],
		["is frozen", (leader) => leader.freeze()],
		["stands still without a word", (leader) => leader.stop()],
	])(
		"%s, the others are live within two seconds, and nothing is lost, repeated or reordered",
		async (_, end) => {
			await ten();
			const traffic = new Traffic();
			await traffic.run(1_000);
			const { leader } = browser;
			end(leader);
			await browser.clock.advance(1);
			const began = browser.clock.monotonic();
			let liveAt = Number.POSITIVE_INFINITY;
			for (let n = 0; n < 40; n += 1) {
				await traffic.run(100);
				const next = browser.leaders.find((tab) => tab !== leader && tab.clock.state === "runs");
				const isLive =
					next?.client.connection.get().status === "connected" && next.network.open > 0;
				if (isLive) liveAt = Math.min(liveAt, browser.clock.monotonic());
			}
			expect(liveAt - began).toBeLessThanOrEqual(2_000);
			await browser.clock.advance(5_000);
			expectLedger(traffic);
			expect(traffic.failed).toEqual([]);
			expect(alive()).toHaveLength(9);
		},
	);
});

/** Traffic until nobody but those has something to say, and all of it has been told. */
async function calm(): Promise<void> {
	await browser.clock.advance(5_000);
}

describe("a leading tab that", () => {
	it("closes its client hands over first: no tab is ever without a connection", async () => {
		const tabs = await ten();
		const traffic = new Traffic();
		await traffic.run(1_000);
		const { leader } = browser;
		const others = tabs.filter((tab) => tab !== leader);
		for (const { seen } of others) seen.length = 0;
		const closed = leader.client.close();
		expect(leader.client.connection.get()).toEqual({ status: "closed" });
		await traffic.run(2_000);
		await closed;
		await calm();
		expect(new Set(others.flatMap(({ seen }) => seen))).toEqual(new Set(["connected"]));
		expect([leader.network.open, browser.connections, leader.role]).toEqual([0, 1, "alone"]);
		expectLedger(traffic);
		expect(traffic.failed).toEqual([]);
		expect(
			browser.server.received.filter((frame) => (frame as { type: string }).type === "hello"),
		).toHaveLength(2);
	});

	it("closes alone is closed at once, and one that opens again leads again", async () => {
		browser = new VirtualBrowser();
		const tab = browser.open();
		tab.listen("room");
		await browser.clock.advance(1_000);
		await tab.client.close();
		await browser.clock.advance(100);
		expect([browser.connections, tab.network.open]).toEqual([0, 0]);
		const connected = tab.client.connect();
		browser.server.publish("room", 1);
		await browser.clock.advance(1_000);
		browser.server.publish("room", 2);
		await browser.clock.advance(100);
		await connected;
		expect([tab.role, tab.heard]).toEqual(["leader", [1, 2]]);
	});

	it("is hidden for ten seconds gives way to a visible one, without a break", async () => {
		const tabs = await ten();
		const { leader } = browser;
		const others = tabs.filter((tab) => tab !== leader);
		for (const { lifecycle } of others.slice(1)) lifecycle.hide();
		const traffic = new Traffic();
		leader.lifecycle.hide();
		leader.clock.atLeastMs = 1_000;
		for (const { seen } of tabs) seen.length = 0;
		await traffic.run(9_000);
		expect(browser.leaders).toEqual([leader]);
		await traffic.run(5_000);
		await calm();
		expect([browser.leaders, leader.role]).toEqual([[others[0]], "follower"]);
		expect([browser.connections, leader.network.open]).toEqual([1, 0]);
		expect(tabs.flatMap(({ seen }) => seen)).not.toContain("reconnecting");
		expectLedger(traffic);
	});

	it("is hidden goes on leading while all tabs are, timers of once a minute included", async () => {
		const tabs = await ten();
		const { leader } = browser;
		for (const { lifecycle, clock } of tabs) {
			lifecycle.hide();
			clock.atLeastMs = 1_000;
		}
		await browser.clock.advance(60_000);
		for (const { clock } of tabs) clock.atLeastMs = 60_000;
		await browser.clock.advance(1_800_000);
		expect([browser.leaders, browser.connections]).toEqual([[leader], 1]);
		expect(
			browser.server.received.filter((frame) => (frame as { type: string }).type === "hello")
				.length,
		).toBe(1);
		browser.server.publish("room", "later");
		await browser.clock.advance(1_000);
		expect(tabs.map(({ heard }) => heard)).toEqual(Array(10).fill(["later"]));
	});

	it("stood still and wakes sends nothing, and follows", async () => {
		await ten({ server: { retain: { messages: 10_000, ms: 3_600_000 } } });
		const traffic = new Traffic();
		await traffic.run(500);
		const { leader } = browser;
		// Handed over, and not sent any more.
		const [follower] = browser.followers;
		leader.stop();
		const receipt = follower?.client.publish("room", "once");
		await browser.clock.advance(1_800_000);
		expect(await receipt).toMatchObject({ status: "stored", duplicate: false });
		const before = browser.server.received.length;
		leader.goOn();
		await browser.clock.advance(2_000);
		const sent = browser.server.received.slice(before) as { type: string; id?: string }[];
		expect(sent.filter(({ type }) => type === "publish").length).toBeLessThanOrEqual(1);
		expect([leader.role, browser.leaders.length, browser.connections]).toEqual(["follower", 1, 1]);
		await traffic.run(500);
		await calm();
		for (const { heard } of alive())
			expect(heard.filter((data) => data === "once")).toHaveLength(1);
	});

	it("was only slow keeps its connection", async () => {
		browser = new VirtualBrowser();
		const tab = browser.open();
		tab.listen("room");
		await browser.clock.advance(1_000);
		tab.stop();
		await browser.clock.advance(3_000);
		tab.goOn();
		const receipt = tab.client.publish("room", "after");
		await browser.clock.advance(1_000);
		expect(await receipt).toMatchObject({ status: "stored", duplicate: false });
		expect([tab.role, browser.server.dials.length, tab.heard]).toEqual(["leader", 1, ["after"]]);
	});
});

describe("tabs do not share", () => {
	const token = (text: string) => ({ getToken: async () => text });
	const asToken = {
		authorize: ({ token }: { token: string | null }) => ({ id: token ?? "nobody" }),
	};

	it.each<
		[
			string,
			Partial<import("../../src/index.js").ClientOptions>,
			Partial<import("../../src/index.js").ClientOptions>,
		]
	>([
		["with different tokens", token("ada"), token("bob")],
		[
			"with different namespaces",
			{ outbox: { namespace: "ada" } },
			{ outbox: { namespace: "bob" } },
		],
		["with different endpoints", {}, { endpoints: ["wss://other.test"] }],
		["with different policies", {}, { heartbeat: { idleMs: 5_000 } }],
		["with different filters", {}, { endpointFilters: [(all) => all] }],
	])("%s", async (_, first, second) => {
		browser = new VirtualBrowser({ server: asToken });
		const tabs = [
			browser.open(first),
			browser.open(first),
			browser.open(second),
			browser.open(second),
		];
		for (const tab of tabs) tab.listen("room");
		await browser.clock.advance(3_000);
		expect([browser.connections, browser.leaders.length, browser.followers.length]).toEqual([
			2, 2, 2,
		]);
		expect(JSON.stringify([...browser.names])).not.toMatch(/token":"(ada|bob)/);
	});

	it("where the queue in storage is another user's, though the app gives both one name", async () => {
		browser = new VirtualBrowser({ server: asToken });
		const outbox = { persist: "storage", namespace: "both" } as const;
		const ada = browser.open({ ...token("ada"), outbox });
		ada.listen("room");
		await browser.clock.advance(1_000);
		const bob = browser.open({ ...token("bob"), outbox, share: "tab" });
		bob.listen("room");
		await browser.clock.advance(1_000);
		expect(bob.client.connection.get().status).toBe("connected");
		await bob.client.close();
		const again = browser.open({ ...token("bob"), outbox });
		again.listen("room");
		await browser.clock.advance(3_000);
		expect(again.client.sharing.get()).toEqual({ role: "alone", reason: "identity" });
		expect(again.warned).toContain("share-alone");
		expect([again.client.connection.get().status, browser.connections]).toEqual(["connected", 2]);
	});

	it("whose package is another version, or speaks another protocol between tabs", async () => {
		await ten();
		const { NAME, VERSION } = await import("../../src/client/version.js");
		expect([...browser.names][0]).toContain(JSON.stringify(`${NAME} ${VERSION}`));
	});

	it("tells nobody a token", async () => {
		const secret = "s3cr3t-token";
		await ten({ options: { getToken: async () => secret } });
		const { leader } = browser;
		leader.kill();
		await browser.clock.advance(3_000);
		expect(browser.connections).toBe(1);
		expect(JSON.stringify(browser.posted)).not.toContain(secret);
	});
});

describe("a tab has a connection of its own, and says so,", () => {
	it("where there are no locks or channels", async () => {
		browser = new VirtualBrowser({ options: { runtime: { tabs: null } } });
		const tabs = [browser.open(), browser.open()];
		for (const tab of tabs) tab.listen("room");
		await browser.clock.advance(1_000);
		expect(browser.connections).toBe(2);
		for (const { client, warned } of tabs)
			expect([client.sharing.get(), warned]).toEqual([
				{ role: "alone", reason: "unavailable" },
				["share-alone"],
			]);
	});

	it("where a lock is never granted, within three seconds", async () => {
		browser = new VirtualBrowser({ locks: "never" });
		const tab = browser.open();
		tab.listen("room");
		await browser.clock.advance(3_000);
		expect(tab.client.sharing.get()).toEqual({ role: "alone", reason: "lock-not-granted" });
		expect([tab.warned, tab.client.connection.get().status]).toEqual([
			["share-alone"],
			"connected",
		]);
		await tab.client.close();
		await browser.clock.advance(100);
		expect(tab.network.open).toBe(0);
	});

	it("where a channel cannot be opened", async () => {
		browser = new VirtualBrowser();
		const open = (): never => {
			throw new DOMException("no", "SecurityError");
		};
		const tab = browser.open({
			runtime: { tabs: { open, lock: async () => open(), digest: async (text) => text } },
		});
		tab.listen("room");
		await browser.clock.advance(1_000);
		expect(tab.client.sharing.get()).toEqual({ role: "alone", reason: "unavailable" });
		expect(tab.client.connection.get().status).toBe("connected");
	});

	it("where it cannot say who it is", async () => {
		browser = new VirtualBrowser();
		let isDown = true;
		const getToken = async (): Promise<string> => {
			if (isDown) throw new Error("down");
			return "ada";
		};
		const tab = browser.open({ getToken });
		tab.listen("room");
		await browser.clock.advance(60_000);
		expect(tab.client.sharing.get()).toEqual({ role: "alone", reason: "identity" });
		isDown = false;
		await browser.clock.advance(60_000);
		expect(tab.client.connection.get().status).toBe("connected");
	});

	it("where it did not ask to share", async () => {
		browser = new VirtualBrowser({ options: { share: "tab" } });
		const tab = browser.open();
		tab.listen("room");
		await browser.clock.advance(1_000);
		expect([tab.client.sharing.get(), tab.warned]).toEqual([{ role: "alone", reason: null }, []]);
	});

	it("where sixty-four others share already", async () => {
		browser = new VirtualBrowser();
		for (let n = 0; n < 66; n += 1) {
			browser.open().listen("room");
			await browser.clock.advance(20);
		}
		await browser.clock.advance(2_000);
		const alone = browser.tabs.filter(({ role }) => role === "alone");
		expect(alone.map(({ client }) => client.sharing.get())).toEqual([
			{ role: "alone", reason: "full" },
		]);
		expect(browser.connections).toBe(2);
	});
});

describe("what comes over the channel", () => {
	it("that is not ours, or malformed, changes nothing", async () => {
		const tabs = await ten();
		const traffic = new Traffic();
		const view = { term: 99, links: [], current: null, route: null, identity: null };
		const junk: readonly unknown[] = [
			...[
				null,
				undefined,
				0,
				"hello",
				[],
				{},
				new Map(),
				{ type: "beat" },
				{ from: 1, type: "bye" },
			],
			{ from: "x", type: "beat", term: -1, leaseMs: 1, isTired: false },
			{ from: "x", type: "beat", term: "9", leaseMs: 1e9, isTired: 0 },
			{ from: "x", type: "view", to: null, seat: 1, view },
			{ from: "x", type: "view", to: null, seat: 1, view: { ...view, connection: 1, mode: 2 } },
			{ from: "x", type: "down", to: null, link: 1, text: "not JSON" },
			{ from: "x", type: "up", to: "y", link: 1, text: "[]", ages: "none" },
			{ from: "x", type: "constructor" },
			{ from: "x", type: "__proto__" },
			{ from: "x".repeat(1_000), type: "bye" },
		];
		for (let n = 0; n < 10; n += 1) {
			for (const message of junk) browser.shout(message);
			await traffic.run(100);
		}
		await calm();
		expectLedger(traffic);
		expect([browser.leaders.length, browser.connections, browser.server.dials.length]).toEqual([
			1, 1, 1,
		]);
		expect(tabs.flatMap(({ errors }) => errors)).toEqual([]);
	});

	it("as a flood of one follower's is bounded, and holds up no other", async () => {
		browser = new VirtualBrowser();
		for (let n = 0; n < 3; n += 1) {
			browser.open().listen("room");
			await browser.clock.advance(100);
		}
		const [flooder, other] = browser.followers;
		const receipts = range(1, 900).map((n) => flooder?.client.publish("room", n));
		for (let n = 0; n < 12_000; n += 1)
			flooder?.client.publish("room", `${n}`, { ephemeral: true }).catch(() => {});
		const receipt = other?.client.publish("room", "another's");
		let settled = false;
		void receipt?.then(() => {
			settled = true;
		});
		await browser.clock.advance(1_000);
		expect(settled).toBe(true);
		expect(browser.leader.client.outbox.get().length).toBeLessThanOrEqual(256);
		await browser.clock.advance(60_000);
		expect((await Promise.all(receipts)).every((one) => one?.status === "stored")).toBe(true);
		const stored = other?.heard.filter((data) => typeof data === "number");
		expect((stored as number[]).slice(-900)).toEqual(range(1, 900));
		expect(browser.leader.warned).toContain("share-flood");
	});
});

describe("close(), and connect() in the same breath,", () => {
	it.each<[string, () => VirtualTab]>([
		["of the leading tab", () => browser.leader],
		["of a following one", () => browser.followers[0] as VirtualTab],
	])("%s ends connected, and on one connection", async (_, pick) => {
		await ten();
		const tab = pick();
		const closed = tab.client.close();
		const connected = tab.client.connect();
		expect(tab.client.connection.get().status).toBe("connecting");
		await browser.clock.advance(8_000);
		await Promise.all([closed, connected]);
		browser.server.publish("room", "after");
		await browser.clock.advance(1_000);
		expect(browser.tabs.map(({ heard }) => heard)).toEqual(Array(10).fill(["after"]));
		expect([browser.connections, browser.leaders.length]).toEqual([1, 1]);
	});
});

describe("after close()", () => {
	it("no timer, connection, lock or place on a channel is left, whichever tab closes when", async () => {
		const tabs = await ten();
		const [first, second, ...rest] = browser.followers;
		await Promise.all([first?.client.close(), browser.clock.advance(100)]);
		const closed = [browser.leader.client.close(), second?.client.close()];
		await browser.clock.advance(5_000);
		await Promise.all(closed);
		await Promise.all([...rest.map(({ client }) => client.close()), browser.clock.advance(10_000)]);
		await browser.clock.advance(60_000);
		expect(tabs.map(({ network, role }) => [network.open, role])).toEqual(
			Array(10).fill([0, "alone"]),
		);
		expect(browser.clock.pending).toEqual([]);
		expect([browser.held, browser.places]).toEqual([0, 0]);
	});
});

describe("when no WebSocket connects", () => {
	it("one tab polls for all: each hears all, publishes, and shows the mode; then all go back", async () => {
		const tabs = await ten({
			options: { degraded: { enterAfterMs: 1_000, intervalMs: [500, 1_000] } },
		});
		browser.server.behavior = { refuse: 503 };
		browser.server.close(1001);
		await browser.clock.advance(5_000);
		const modes = (): readonly string[] => tabs.map(({ client }) => client.mode.get().mode);
		expect(new Set(modes())).toEqual(new Set(["degraded"]));
		const late = browser.open();
		late.listen("room");
		const traffic = new Traffic();
		await traffic.run(5_000);
		await browser.clock.advance(10_000);
		for (const { heard } of tabs) expect(heard).toEqual(tabs[0]?.heard);
		expect(new Set(tabs[0]?.heard).size).toBe(tabs[0]?.heard.length);
		expect(tabs[0]?.heard.filter((data) => String(data).startsWith("server"))).toEqual(
			traffic.byServer,
		);
		expect(traffic.stored).toHaveLength([...traffic.sent.values()].flat().length);
		expect(
			browser.tabs.map(({ client }) => client.stats.get().polls).filter((polls) => polls > 0),
		).toHaveLength(1);
		browser.server.behavior = "accept";
		await browser.clock.advance(60_000);
		expect(new Set(modes())).toEqual(new Set(["normal"]));
		await traffic.run(500);
		await calm();
		for (const { heard } of alive())
			expect(heard).toEqual(expect.arrayContaining(traffic.byServer.slice(-5)));
		expect(browser.connections).toBe(1);
	});

	it("a follower's hold degrades all, until it lets go or goes; loadMore is the leader's poll", async () => {
		const tabs = await ten();
		const [follower, other] = browser.followers;
		const hold = follower?.client.degraded.hold("import");
		await browser.clock.advance(100);
		expect(tabs.map(({ client }) => client.mode.get().mode)).toEqual(Array(10).fill("degraded"));
		hold?.[Symbol.dispose]();
		await browser.clock.advance(100);
		expect(tabs.map(({ client }) => client.mode.get().mode)).toEqual(Array(10).fill("normal"));
		other?.client.degraded.hold("export");
		await browser.clock.advance(100);
		expect(follower?.client.mode.get()).toMatchObject({ mode: "degraded", reasons: ["export"] });
		await other?.client.close();
		await browser.clock.advance(100);
		expect(follower?.client.mode.get().mode).toBe("normal");
		const more = follower?.client.degraded.loadMore();
		await browser.clock.advance(1_000);
		expect(await more).toBe(0);
	});
});

describe("what the app sees in a following tab", () => {
	it("is the leader's connection: a failure, and connect() that ends it", async () => {
		let isRight = true;
		const getToken = async (): Promise<string> => (isRight ? "right" : "wrong");
		const outbox = { namespace: "ada" };
		const authorize = ({ token }: { token: string | null }) =>
			token === "right" ? { id: "ada" } : null;
		const tabs = await ten({ options: { getToken, outbox }, server: { authorize } });
		isRight = false;
		browser.server.disconnect("ada");
		await browser.clock.advance(10_000);
		for (const { client } of tabs)
			expect(client.connection.get()).toMatchObject({
				status: "failed",
				cause: { code: "unauthorized" },
			});
		isRight = true;
		const connected = browser.followers[0]?.client.connect();
		await browser.clock.advance(5_000);
		await connected;
		expect(tabs.map(({ client }) => client.connection.get().status)).toEqual(
			Array(10).fill("connected"),
		);
	});

	it("hears ephemeral messages once, and sends them", async () => {
		const tabs = await ten();
		const [follower] = browser.followers;
		expect(await follower?.client.publish("room", "typing", { ephemeral: true })).toMatchObject({
			status: "sent",
		});
		await browser.clock.advance(200);
		expect(tabs.map(({ heard }) => heard)).toEqual(Array(10).fill(["typing"]));
	});

	it("begins where the app wants to, whatever the others have heard", async () => {
		await ten();
		for (const n of range(1, 20)) browser.server.publish("room", n);
		await browser.clock.advance(500);
		const reader = browser.open();
		const heard: unknown[] = [];
		reader.client.subscribe("room", ({ data }) => heard.push(data), { from: "earliest" });
		const last = browser.open();
		const few: unknown[] = [];
		last.client.subscribe("room", ({ data }) => few.push(data), { from: { last: 3 } });
		await browser.clock.advance(1_000);
		expect([heard, few, browser.connections]).toEqual([range(1, 20), [18, 19, 20], 1]);
		for (const { heard } of browser.tabs.slice(0, 10)) expect(heard).toEqual(range(1, 20));
	});

	it("is told of a channel that is forbidden, and of a publish that is", async () => {
		await ten({
			server: {
				canSubscribe: (_, channel) => channel !== "secret",
				canPublish: (_, channel) => channel !== "secret",
			},
		});
		const [follower] = browser.followers;
		const subscription = follower?.client.subscribe("secret", () => undefined);
		const publish = follower?.client.publish("secret", 1);
		const refused = expect(publish).rejects.toMatchObject({ code: "forbidden" });
		await browser.clock.advance(1_000);
		await refused;
		expect(subscription?.state.get()).toMatchObject({
			status: "denied",
			cause: { code: "forbidden" },
		});
	});

	it("keeps what it published in storage until it is stored, and another tab sends what a dead one left", async () => {
		const tabs = await ten({ options: { outbox: { persist: "storage", namespace: "ada" } } });
		browser.server.behavior = "hang";
		browser.server.apiBehavior = () => "hang";
		browser.server.close(1001);
		await browser.clock.advance(1_000);
		const [follower] = browser.followers;
		for (const n of range(1, 50)) follower?.client.publish("room", n).catch(() => undefined);
		await browser.clock.advance(1_000);
		expect((await browser.storage.keys()).filter((key) => key.includes("/m/"))).toHaveLength(50);
		follower?.kill();
		browser.server.behavior = "accept";
		browser.server.apiBehavior = () => "answer";
		await browser.clock.advance(60_000);
		const others = tabs.filter((tab) => tab !== follower);
		expect(others.map(({ heard }) => heard)).toEqual(Array(9).fill(range(1, 50)));
		expect((await browser.storage.keys()).filter((key) => key.includes("/m/"))).toEqual([]);
	});
});
