import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { launchChromium } from "../support/chromium.js";
import { type PageServer, servePage } from "../support/page-server.js";
import type { ClassName } from "../support/pages/websocket-rows.js";
import { ROWS } from "../support/websocket-rows.js";
import { type RowServer, serveRows } from "../support/websocket-server.js";

let server: RowServer;
let pages: PageServer;
let browser: Browser;
let page: Page;
beforeAll(async () => {
	server = await serveRows();
	pages = await servePage("websocket-rows");
	browser = await launchChromium();
	page = await browser.newPage();
	await page.goto(pages.url);
});
afterAll(async () => {
	await browser?.close();
	await pages?.[ASYNC_DISPOSE]();
	await server?.[ASYNC_DISPOSE]();
});

const observe = (row: (typeof ROWS)[number], name: ClassName): Promise<unknown> =>
	page.evaluate(([title, name, url]) => globalThis.observeRow(title, name, url), [
		`${row.part}: ${row.title}`,
		name,
		server.url,
	] as const);
const forMany = ROWS.filter((row) => !row.singleUse);

describe("Of the WHATWG standard, in Chromium", () => {
	it.each(ROWS)("its own class: $part: $title", async (row) => {
		const { expected, chromium: own = expected } = row;
		expect(await observe(row, "native")).toEqual(own);
	});

	it.each(ROWS)("failoverWebSocket: $part: $title", async (row) => {
		expect(await observe(row, "failover")).toEqual(row.expected);
	});

	it.each(forMany)("ResilientWebSocket: $part: $title", async (row) => {
		expect(await observe(row, "resilient")).toEqual(row.expected);
	});

	it.each(["native", "failover", "resilient"] as const)(
		"%s: a handler that throws is reported, and the others are called",
		async (name) => {
			const seen = await page.evaluate(([name, url]) => globalThis.throwInHandler(name, url), [
				name,
				server.url,
			] as const);
			expect([...seen].sort()).toEqual(["reported Error: mine", "the other"]);
		},
	);
});
