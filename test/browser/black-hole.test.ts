/* S9 and S10 in Chromium: links that die without a word, and what wakes a page. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { createRealEdge, type RealEdge } from "../support/real-edge.js";
import { until } from "../support/until.js";
import { connected, heard, listen, seen, type Tabs, openTabs, uncaught } from "./tabs.js";

let tabs: Tabs | undefined;
let edge: RealEdge;

beforeAll(async () => {
	tabs = await openTabs();
});
afterAll(() => tabs?.[ASYNC_DISPOSE]());
afterEach(async () => {
	await tabs?.closeAll();
	await edge.stop();
});

/** Nothing but a wake finds a dead link in the time of a test. */
const ASLEEP = { heartbeatMs: 120_000, heartbeatTimeoutMs: 60_000 };
const BRIEF = { reconnect: { dialTimeoutMs: 1_500 } };

async function open(server: object = {}): Promise<Page> {
	edge = await createRealEdge({ server });
	const tab = (await tabs?.open(edge, BRIEF)) as Page;
	await listen(tab, "room");
	await connected(tab, "primary");
	return tab;
}

function swallow(): void {
	edge.primary.proxy.hang();
	edge.primary.proxy.mute();
}

const tell = (tab: Page, type: string, target: string): Promise<boolean> =>
	tab.evaluate(
		([type, target]) =>
			(target === "window" ? window : document).dispatchEvent(new Event(type as string)),
		[type, target],
	);

const lostBy = (tab: Page, code: string): Promise<unknown> =>
	tab.waitForFunction((code) => app.seen.includes(code), code);

describe("a black hole, in Chromium", () => {
	it("is noticed by an idle page, which goes on at the backup", async () => {
		const tab = await open();
		swallow();
		await lostBy(tab, "heartbeat-timeout");
		await connected(tab, "backup");
		expect(await uncaught(tab)).toEqual([]);
	});

	it("is noticed while the page keeps sending, and nothing of it is lost", async () => {
		const tab = await open();
		await tab.evaluate(() => {
			let n = 0;
			const timer = setInterval(() => {
				app.publish("typed", ++n);
				if (n === 150) clearInterval(timer);
			}, 20);
		});
		await until(async () => (await edge.stored("typed")).length > 10, "some messages");
		swallow();
		await lostBy(tab, "heartbeat-timeout");
		await tab.waitForFunction(() => app.stored.length === 150);
		expect(await edge.stored("typed")).toEqual(Array.from({ length: 150 }, (_, n) => n + 1));
		expect(await uncaught(tab)).toEqual([]);
	});
});

describe("a wake, in Chromium", () => {
	it("by losing the network finds the link dead, and by its return brings back what was missed", async () => {
		const tab = await open(ASLEEP);
		// Chromium's emulation says so, and lets nothing through, on open WebSockets either.
		await tab.context().setOffline(true);
		await lostBy(tab, "heartbeat-timeout");
		await tab.waitForFunction(() => app.client.mode.get().mode === "offline");
		await edge.publish("room", "meanwhile");
		await tab.context().setOffline(false);
		await connected(tab);
		await tab.waitForFunction(() => app.heard.length === 1);
		expect(await heard(tab)).toEqual(["meanwhile"]);
	});

	// No headless browser hides a page or changes its network otherwise: the events alone must do.
	it.each([
		["online", "window"],
		["visibilitychange", "document"],
	])("by %s finds a dead link at once", async (type, target) => {
		const tab = await open(ASLEEP);
		swallow();
		await tell(tab, type, target);
		await lostBy(tab, "heartbeat-timeout");
		await connected(tab, "backup");
	});

	it("by a false alarm leaves a link that answers as it is", async () => {
		const tab = await open(ASLEEP);
		await tell(tab, "offline", "window");
		await tab.waitForFunction(() => app.client.stats.get().latencyMs !== null);
		await edge.publish("room", "hello");
		await tab.waitForFunction(() => app.heard.length === 1);
		expect(await seen(tab)).toEqual(["connecting", "connected"]);
	});

	// Nothing that is sent here is waited for before the page has left: what comes later is missed, and comes.
	it.each([
		["freezing and thawing", freeze],
		["the back-forward cache", cache],
	])("by %s and back goes on where it was", async (_name, away) => {
		const tab = await open();
		await edge.publish("room", 1);
		await tab.waitForFunction(() => app.heard.length === 1);
		await away(tab, async () => {
			for (const n of [2, 3]) await edge.publish("room", n);
		});
		await edge.publish("room", 4);
		await tab.waitForFunction(() => app.heard.length === 4);
		// The very same page: one that was loaded anew would have heard nothing.
		expect(await heard(tab)).toEqual([1, 2, 3, 4]);
		expect(await uncaught(tab)).toEqual([]);
	});
});

type Meanwhile = () => Promise<void>;

/** The events alone, for a headless browser shows every page always, and freezes none that is shown. */
async function freeze(tab: Page, meanwhile: Meanwhile): Promise<void> {
	await tell(tab, "freeze", "document");
	await lostBy(tab, "connection-lost");
	await meanwhile();
	await tell(tab, "resume", "document");
	await connected(tab);
}

/** The journey itself where the browser keeps pages, and the events alone where it does not. */
async function cache(tab: Page, meanwhile: Meanwhile): Promise<void> {
	if (await tabs?.hasCache()) {
		await tabs?.leave(tab);
		await until(() => edge.primary.server.stats.get().connections === 0, "its leaving");
		await meanwhile();
		await tabs?.comeBack(tab);
		return connected(tab);
	}
	const transition = (type: string): Promise<boolean> =>
		tab.evaluate((type) => dispatchEvent(new PageTransitionEvent(type, { persisted: true })), type);
	await transition("pagehide");
	await lostBy(tab, "connection-lost");
	await meanwhile();
	await transition("pageshow");
	await connected(tab);
}
