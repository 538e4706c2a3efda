import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { launchProfile } from "../support/chromium.js";
import { type PageServer, servePage } from "../support/page-server.js";

let server: PageServer;
let profile: string;
let browser: BrowserContext;

beforeAll(async () => {
	server = await servePage("runtime");
	profile = await mkdtemp(join(tmpdir(), "holdfast-profile-"));
	browser = await launchProfile(profile);
});
afterAll(async () => {
	await browser?.close();
	await server?.[ASYNC_DISPOSE]();
	await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

async function visit(): Promise<Page> {
	const tab = await browser.newPage();
	await tab.goto(server.url);
	return tab;
}

const set = (tab: Page, key: string, value: unknown): Promise<void> =>
	tab.evaluate(([key, value]) => page.runtime.storage.set(key, value), [key, value] as const);
const get = (tab: Page, key: string): Promise<unknown> =>
	tab.evaluate((key) => page.runtime.storage.get(key), key);
const keys = (tab: Page): Promise<readonly string[]> =>
	tab.evaluate(() => page.runtime.storage.keys());
const logged = (tab: Page): Promise<readonly string[]> => tab.evaluate(() => page.logged);

/** Kills the tab's process, as the system does when memory runs out. */
async function crash(tab: Page): Promise<void> {
	const crashed = tab.waitForEvent("crash");
	await tab.goto("chrome://crash").catch(() => undefined);
	await crashed;
}

describe("storage in Chromium", () => {
	it("is shared by the tabs of an origin", async () => {
		const [a, b] = [await visit(), await visit()];
		await set(a, "shared", { n: 1, list: ["ü€𝄞"] });
		expect(await get(b, "shared")).toEqual({ n: 1, list: ["ü€𝄞"] });
		await b.evaluate(() => page.runtime.storage.delete("shared"));
		expect(await get(a, "shared")).toBeUndefined();
		expect([await logged(a), await logged(b)]).toEqual([[], []]);
	});

	it("keeps every record that a tab was promised before it crashed", async () => {
		const tab = await visit();
		const promised = await tab.evaluate(async () => {
			const promised: number[] = [];
			const write = async (n: number): Promise<void> => {
				await page.runtime.storage.set(`crash ${n}`, n);
				promised.push(n);
				if (promised.length < 200) await write(n + 10);
				// These are under way when it ends.
				else void page.runtime.storage.set(`crash ${n + 10}`, n);
			};
			await Promise.race(Array.from({ length: 10 }, (_, n) => write(n)));
			return promised;
		});
		await crash(tab);
		const kept = new Set(await keys(await visit()));
		expect(promised.filter((n) => !kept.has(`crash ${n}`))).toEqual([]);
		expect(promised.length).toBeGreaterThanOrEqual(200);
	});

	it("rejects a write for which there is no room, keeps the rest, and goes on", async () => {
		// An origin of its own: Chromium remembers for a while how much room there was.
		const fresh = await servePage("runtime");
		const tab = await browser.newPage();
		await tab.goto(fresh.url);
		const devtools = await browser.newCDPSession(tab);
		const { origin } = new URL(fresh.url);
		await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 100_000 });
		await set(tab, "before", 1);
		const failed = tab.evaluate(() =>
			page.runtime.storage.set("large", "x".repeat(5_000_000)).then(
				() => "stored",
				(reason) => reason.name,
			),
		);
		expect(await failed).toBe("QuotaExceededError");
		await set(tab, "after", 2);
		const all = await Promise.all(["before", "large", "after"].map((key) => get(tab, key)));
		expect([all, await logged(tab)]).toEqual([[1, undefined, 2], []]);
		await fresh[ASYNC_DISPOSE]();
	});

	it("falls back to memory where a page may store nothing, and says so", async () => {
		const tab = await visit();
		const frame = tab.waitForEvent("frameattached");
		await tab.evaluate((script) => {
			const frame = document.createElement("iframe");
			// Without allow-same-origin its origin is opaque: neither IndexedDB nor locks.
			frame.setAttribute("sandbox", "allow-scripts");
			frame.srcdoc = `<script>${script}</script>`;
			document.body.append(frame);
		}, server.script);
		const sandbox = await frame;
		await sandbox.waitForFunction(() => "page" in globalThis);
		const result = await sandbox.evaluate(async () => {
			const { storage, locks } = page.runtime;
			await storage.set("a", 1);
			const lock = await locks.tryAcquire("a");
			return {
				stored: await storage.get("a"),
				held: lock !== null,
				again: await locks.tryAcquire("a"),
				logged: page.logged,
			};
		});
		expect(result).toEqual({ stored: 1, held: true, again: null, logged: ["storage-fallback"] });
	});

	it("outlives the browser, also one that is killed", async () => {
		const tab = await visit();
		await set(tab, "survivor", 1);
		const devtools = await browser.newCDPSession(tab);
		const gone = browser.waitForEvent("close");
		await devtools.send("Browser.crash").catch(() => undefined);
		await gone;
		browser = await launchProfile(profile);
		expect(await get(await visit(), "survivor")).toBe(1);
	});
});

describe("locks in Chromium", () => {
	const hold = (tab: Page, name: string): Promise<boolean> =>
		tab.evaluate((name) => page.hold(name), name);
	/** Resolves when the tab has it. */
	const wait = (tab: Page, name: string): Promise<boolean> =>
		tab.evaluate(
			(name) => page.runtime.locks.acquire(name, new AbortController().signal).then(() => true),
			name,
		);

	it.each<[string, (holder: Page) => Promise<unknown>]>([
		["is released", (holder) => holder.evaluate(() => page.release())],
		["closes", (holder) => holder.close()],
		["crashes", crash],
		["goes elsewhere", (holder) => holder.goto("about:blank")],
	])("pass to the next tab when the one that holds it %s", async (how, end) => {
		const [holder, other] = [await visit(), await visit()];
		expect(await hold(holder, how)).toBe(true);
		expect(await hold(other, how)).toBe(false);
		const taken = wait(other, how);
		await end(holder);
		expect(await taken).toBe(true);
	});
});
