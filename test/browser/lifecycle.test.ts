import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { launchChromium } from "../support/chromium.js";
import { type PageServer, servePage } from "../support/page-server.js";

let server: PageServer;
let browser: Browser;
let tab: Page;

beforeAll(async () => {
	server = await servePage("runtime");
	browser = await launchChromium();
});
afterAll(async () => {
	await browser?.close();
	await server?.[ASYNC_DISPOSE]();
});
beforeEach(async () => {
	tab = await browser.newPage();
	await tab.goto(server.url);
});

const state = () => tab.evaluate(() => page.runtime.lifecycle.get());
const woken = () => tab.evaluate(() => page.woken);
const wokenBy = (reason: string) =>
	tab.waitForFunction((reason) => page.woken.includes(reason), reason);

describe("the lifecycle in Chromium", () => {
	it("begins online, visible and awake, and nothing has happened", async () => {
		expect(await state()).toEqual({ online: true, visible: true, frozen: false });
		expect(await woken()).toEqual([]);
	});

	it("hears what Chromium tells the document alone", async () => {
		// A headless shell shows every page always, and keeps none in its back-forward cache.
		await tab.evaluate(() => {
			for (const type of ["freeze", "resume", "visibilitychange"])
				document.dispatchEvent(new Event(type));
		});
		expect(await woken()).toEqual(["resume", "visible"]);
	});

	it("tells of the network's going and coming", async () => {
		await tab.context().setOffline(true);
		await wokenBy("offline");
		expect(await state()).toMatchObject({ online: false });
		await tab.context().setOffline(false);
		await wokenBy("online");
		expect(await state()).toMatchObject({ online: true });
	});
});
