/* S19 in Chromium, which resolves every name below localhost to this machine. */
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { createRealEdge } from "../support/real-edge.js";
import { until } from "../support/until.js";
import { connected, openClient, openTabs, type Tabs } from "./tabs.js";

let tabs: Tabs;
beforeAll(async () => {
	tabs = await openTabs();
});
afterAll(() => tabs[ASYNC_DISPOSE]());

it("is dialled under another name each time", async () => {
	const edge = await createRealEdge({});
	onTestFinished(() => edge.stop());
	const tab = await tabs.visit();
	const urls: string[] = [];
	tab.on("websocket", (socket) => urls.push(socket.url()));
	const starred = `ws://*.localhost:${edge.primary.proxy.port}`;
	await openClient(tab, edge, { endpoints: [starred], connect: "eager" });
	await connected(tab);
	await tab.evaluate(() => app.client.reconnect());
	await until(() => urls.length > 1, "another dial");
	await connected(tab);
	expect(new Set(urls).size).toBe(urls.length);
	for (const url of urls) expect(url).toMatch(/^ws:\/\/[a-z0-9]{1,8}\.localhost:\d+\/$/);
	const shown = await tab.evaluate(() => app.client.endpoints.get());
	expect(shown).toMatchObject([{ endpoint: { url: starred }, dns: null, address: null }]);
});
