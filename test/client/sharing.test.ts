/* S24 on virtual time: ten tabs of one browser, one connection. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { type BrowserOptions, VirtualBrowser, type VirtualTab } from "../support/virtual-browser.js";

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
