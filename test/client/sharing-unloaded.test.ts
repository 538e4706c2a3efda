/* What a page does whose connection broke before it could load the code that shares. */
import { expect, it, vi } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { VirtualBrowser } from "../support/virtual-browser.js";

vi.mock("../../src/client/sharing.js", () => {
	throw new Error("not to be had");
});

it("a tab that cannot load the code that shares has a connection of its own, and says so", async () => {
	const browser = new VirtualBrowser();
	const tab = browser.open();
	const connected = tab.client.connect();
	expect(tab.client.connection.get().status).toBe("connecting");
	await vi.waitFor(async () => {
		await browser.clock.advance(1_000);
		expect(tab.client.connection.get().status).toBe("connected");
	});
	await connected;
	expect([tab.client.sharing.get(), tab.warned]).toEqual([
		{ role: "alone", reason: "unavailable" },
		["share-alone"],
	]);
	await tab.client.close();
	expect(tab.client.connection.get().status).toBe("closed");
	await browser[ASYNC_DISPOSE]();
});
