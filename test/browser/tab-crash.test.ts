/* S12 in Chromium: an outbox that outlives its tab, and two tabs with one outbox. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { createRealEdge, type RealEdge } from "../support/real-edge.js";
import { until } from "../support/until.js";
import { crash, openClient, openTabs, type Tabs, uncaught } from "./tabs.js";

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

const STORED = {
	outbox: { persist: "storage", namespace: "somebody", maxMessages: 2_000 },
	connect: "eager",
} as const;

/** A tab with a client whose outbox is in storage. The namespace is a test's own, as is its edge. */
async function open(namespace: string): Promise<Page> {
	const tab = (await tabs?.visit()) as Page;
	await openClient(tab, edge, { ...STORED, outbox: { ...STORED.outbox, namespace } });
	return tab;
}

const publish = (tab: Page, first: number, last: number): Promise<void> =>
	tab.evaluate(
		([first, last]) => {
			for (let n = first; n <= last; n++) app.publish("room", n);
		},
		[first, last] as const,
	);
// Asked from here: a page's waitForFunction takes the promise itself for a yes.
const keeps = (tab: Page, fits: (count: number) => boolean, what: string): Promise<unknown> =>
	until(async () => fits(await tab.evaluate(() => app.kept())), what);
const kept = (tab: Page, count: number): Promise<unknown> =>
	keeps(tab, (found) => found >= count, `${count} records`);
const emptied = (tab: Page): Promise<unknown> => keeps(tab, (found) => found === 0, "no record");
const range = (first: number, last: number): readonly number[] =>
	Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe("a tab that crashes", () => {
	it("with a thousand publishes queued loses, repeats and reorders none", async () => {
		edge = await createRealEdge({ gateways: 1 });
		await edge.primary.proxy.refuse();
		await edge.api.proxy.refuse();
		const first = await open("queued");
		await publish(first, 1, 1_000);
		await kept(first, 1_000);
		await crash(first);
		await edge.primary.proxy.pass();
		const second = await open("queued");
		await publish(second, 1_001, 1_005);
		await until(async () => (await edge.stored("room")).length >= 1_005, "all of it");
		await emptied(second);
		expect(await edge.stored("room")).toEqual(range(1, 1_005));
		expect(await uncaught(second)).toEqual([]);
	});

	it("in the middle of sending loses, repeats and reorders none", async () => {
		let first: Page | undefined;
		let crashing: Promise<void> | undefined;
		const canPublish = (_identity: unknown, _channel: string, data: unknown): boolean => {
			if (data === 300 && first !== undefined) crashing ??= crash(first);
			return true;
		};
		edge = await createRealEdge({ gateways: 1, server: { canPublish } });
		await edge.primary.proxy.refuse();
		await edge.api.proxy.refuse();
		first = await open("sending");
		await publish(first, 1, 1_000);
		await kept(first, 1_000);
		// Slow enough that it does not get through before it dies.
		edge.primary.proxy.latencyMs = 20;
		await edge.primary.proxy.pass();
		await until(() => crashing !== undefined, "the crash");
		await crashing;
		const second = await open("sending");
		await until(async () => (await edge.stored("room")).length >= 1_000, "all of it");
		await emptied(second);
		expect(await edge.stored("room")).toEqual(range(1, 1_000));
	});
});

describe("two tabs with one namespace", () => {
	it("send what each has, once and in its order", async () => {
		edge = await createRealEdge({ gateways: 1 });
		await edge.primary.proxy.refuse();
		await edge.api.proxy.refuse();
		const [a, b] = [await open("shared"), await open("shared")];
		await Promise.all([publish(a, 1, 200), publish(b, 1_001, 1_200)]);
		await kept(a, 400);
		await edge.primary.proxy.pass();
		await until(async () => (await edge.stored("room")).length >= 400, "all of it");
		await Promise.all([emptied(a), emptied(b)]);
		const stored = await edge.stored<number>("room");
		expect(stored.filter((n) => n <= 1_000)).toEqual(range(1, 200));
		expect(stored.filter((n) => n > 1_000)).toEqual(range(1_001, 1_200));
		expect([await uncaught(a), await uncaught(b)]).toEqual([[], []]);
	});

	it.each<[string, (tab: Page) => Promise<void>]>([
		["crashes", crash],
		["closes", (tab) => tab.close()],
	])("send what is left of the one that %s, once and in order", async (how, end) => {
		edge = await createRealEdge({ gateways: 1 });
		await edge.primary.proxy.refuse();
		await edge.api.proxy.refuse();
		const [a, b] = [await open(how), await open(how)];
		await Promise.all([publish(a, 1, 200), publish(b, 1_001, 1_200)]);
		await kept(a, 400);
		await end(a);
		await edge.primary.proxy.pass();
		await until(async () => (await edge.stored("room")).length >= 400, "all of it");
		await emptied(b);
		const stored = await edge.stored<number>("room");
		expect(stored.filter((n) => n <= 1_000)).toEqual(range(1, 200));
		expect(stored.filter((n) => n > 1_000)).toEqual(range(1_001, 1_200));
	});
});
