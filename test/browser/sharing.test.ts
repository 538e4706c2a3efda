/* S24 in Chromium: ten tabs, one socket, counted at the server; and what becomes of it with the tab that holds it. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ClientOptions } from "../../src/client/options.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { createRealEdge, type RealEdge } from "../support/real-edge.js";
import { until } from "../support/until.js";
import { connected, crash, heard, listen, openTabs, type Tabs, uncaught } from "./tabs.js";

let tabs: Tabs | undefined;
let edge: RealEdge;

beforeAll(async () => {
	tabs = await openTabs();
});
afterAll(() => tabs?.[ASYNC_DISPOSE]());
afterEach(async () => {
	await tabs?.closeAll();
	await edge?.stop();
});

const sockets = (): number => edge.primary.server.stats.get().connections;
const role = (tab: Page): Promise<string> => tab.evaluate(() => app.client.sharing.get().role);
const range = (first: number, last: number): readonly number[] =>
	Array.from({ length: last - first + 1 }, (_, n) => first + n);

async function openTen(options: Partial<ClientOptions> = {}): Promise<Page[]> {
	const opened: Page[] = [];
	for (let n = 0; n < 10; n += 1) {
		const tab = (await tabs?.open(edge, { share: "browser", ...options })) as Page;
		await listen(tab, "room");
		opened.push(tab);
	}
	return opened;
}

/** The one that leads, and the rest, once they have agreed. */
async function split(all: readonly Page[]): Promise<readonly [Page, Page[]]> {
	const leader = await until(async () => {
		const roles = await Promise.all(all.map(role));
		const isAgreed = roles.every((each) => each === "leader" || each === "follower");
		const leaders = all.filter((_, at) => roles[at] === "leader");
		return isAgreed && leaders.length === 1 ? leaders[0] : undefined;
	}, "one leader");
	return [leader, all.filter((tab) => tab !== leader)];
}

/** Each tab publishes its numbers, a few at a time; the server says one in between. */
class Traffic {
	#n = 0;
	#timer: NodeJS.Timeout | undefined;
	readonly #told: (Promise<void> | undefined)[] = [];

	begin(publishers: readonly Page[]): void {
		onTestFinished(() => clearInterval(this.#timer));
		this.#timer = setInterval(() => {
			this.#n += 1;
			void edge.publish("room", `server ${this.#n}`);
			const tab = publishers[this.#n % publishers.length];
			const data = `tab ${this.#n}`;
			this.#told.push(tab?.evaluate((data) => app.publish("room", data), data));
		}, 20);
	}

	/** How many of the server's there were. Resolves when the tabs have been told of the last of theirs. */
	async end(): Promise<number> {
		clearInterval(this.#timer);
		await Promise.all(this.#told);
		return this.#n;
	}
}

/** What every tab heard is what is stored, once and in order; every receipt came. */
async function expectLedger(living: readonly Page[], said: number): Promise<void> {
	for (const tab of living) await tab.waitForFunction(() => app.client.outbox.get().length === 0);
	const stored = await edge.stored<string>("room");
	expect(stored.filter((data) => data.startsWith("server"))).toEqual(
		range(1, said).map((n) => `server ${n}`),
	);
	expect(new Set(stored).size).toBe(stored.length);
	for (const tab of living) {
		await tab.waitForFunction((count) => app.heard.length >= count, stored.length);
		expect(await heard(tab)).toEqual(stored);
		expect(await uncaught(tab)).toEqual([]);
	}
	const receipts = await Promise.all(living.map((tab) => tab.evaluate(() => app.stored)));
	const known = new Set(stored);
	expect(receipts.flat().filter((data) => !known.has(data as string))).toEqual([]);
}

describe("ten tabs", () => {
	it("have one socket between them, hear all, and publish", async () => {
		edge = await createRealEdge({ gateways: 1 });
		const all = await openTen();
		await split(all);
		await until(() => sockets() === 1, "one socket");
		await Promise.all(all.map((tab, n) => tab.evaluate((n) => app.publish("room", `tab ${n}`), n)));
		await until(async () => (await edge.stored("room")).length === 10, "ten publishes");
		await expectLedger(all, 0);
		await until(() => sockets() === 1, "one socket");
		// One, unless a tab of a busy machine stood still for more than a second.
		expect(edge.primary.upgrades).toBeLessThan(10);
	});

	it.each<[string, (leader: Page) => Promise<unknown>, number]>([
		["crashes", crash, 9],
		["is closed", (leader) => leader.close(), 9],
		["goes elsewhere", (leader) => leader.goto("about:blank"), 9],
		["closes its client", (leader) => leader.evaluate(() => void app.client.close()), 9],
	])(
		"go on with another's socket when the tab that holds it %s: nothing lost, repeated or reordered",
		async (_, end) => {
			edge = await createRealEdge({ gateways: 1 });
			const all = await openTen();
			const [leader, others] = await split(all);
			const traffic = new Traffic();
			traffic.begin(others);
			await until(async () => (await edge.stored("room")).length > 50, "traffic");
			await end(leader);
			await until(async () => (await Promise.all(others.map(role))).includes("leader"), "a leader");
			const before = (await edge.stored("room")).length;
			await until(async () => (await edge.stored("room")).length > before + 50, "more traffic");
			const said = await traffic.end();
			await Promise.all(others.map((tab) => connected(tab)));
			await expectLedger(others, said);
			await until(() => sockets() === 1, "one socket");
		},
	);

	it("go on with a visible tab's when the one that holds it is hidden", async () => {
		edge = await createRealEdge({ gateways: 1 });
		const all = await openTen();
		const [leader] = await split(all);
		const traffic = new Traffic();
		traffic.begin(all);
		// A headless page is never hidden: it is told that it is.
		await leader.evaluate(() => {
			Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
			document.dispatchEvent(new Event("visibilitychange"));
		});
		await until(async () => (await role(leader)) === "follower", "another leader");
		const before = (await edge.stored("room")).length;
		await until(async () => (await edge.stored("room")).length > before + 50, "more traffic");
		await expectLedger(all, await traffic.end());
		await until(() => sockets() === 1, "one socket");
	});

	it.each<[string, (leader: Page) => Promise<() => Promise<unknown>>]>([
		// A headless page is never frozen: the events alone must do.
		[
			"is frozen",
			async (leader) => {
				await leader.evaluate(() => document.dispatchEvent(new Event("freeze")));
				return () => leader.evaluate(() => document.dispatchEvent(new Event("resume")));
			},
		],
		// Its whole process stands; the lock and the socket stay where they are.
		[
			"stands still without a word",
			async (leader) => {
				const devtools = await tabs?.devtools(leader);
				await devtools?.send("Debugger.enable");
				await devtools?.send("Debugger.pause");
				return async () => devtools?.send("Debugger.resume");
			},
		],
	])("go on when the tab that holds the socket %s; awake again, it follows", async (_, stop) => {
		edge = await createRealEdge({ gateways: 1 });
		const all = await openTen();
		const [leader, others] = await split(all);
		const traffic = new Traffic();
		traffic.begin(others);
		const wake = await stop(leader);
		await until(async () => (await Promise.all(others.map(role))).includes("leader"), "a leader");
		const before = (await edge.stored("room")).length;
		await until(async () => (await edge.stored("room")).length > before + 50, "more traffic");
		await wake();
		await until(async () => (await role(leader)) === "follower", "the one that woke");
		const said = await traffic.end();
		await connected(leader);
		await expectLedger(all, said);
		await until(() => sockets() === 1, "one socket");
	});
});
