import type { Page } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { launchChromium } from "../support/chromium.js";
import { start } from "../support/program.js";

it("bundles a page of hooks and banner, in which two windows talk, under a strict policy", async () => {
	const program = start(["examples/react/main.ts"], { PORT: "0" });
	onTestFinished(() => program[Symbol.asyncDispose]());
	const [url] = await program.says(/http:\/\/127\.0\.0\.1:\d+\//);
	const browser = await launchChromium();
	onTestFinished(() => browser.close());
	const errors: string[] = [];
	const open = async (): Promise<Page> => {
		const page = await browser.newPage();
		page.on("pageerror", ({ message }) => errors.push(message));
		page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
		await page.goto(url);
		return page;
	};
	const [ada, lin] = [await open(), await open()];
	await ada.getByLabel("Message").fill("<b>hello</b>");
	await ada.getByLabel("Message").press("Enter");
	for (const page of [ada, lin]) {
		await page.locator("li").waitFor();
		expect(await page.locator("li").allTextContents()).toEqual(["<b>hello</b>"]);
	}
	// One that comes later has the past, and all of it once.
	const mia = await open();
	await mia.locator("li").waitFor();
	expect(await mia.locator("li").allTextContents()).toEqual(["<b>hello</b>"]);
	expect(errors).toEqual([]);
	await program[Symbol.asyncDispose]();
	await mia.getByText(/^(?:Reconnecting…|No connection\.)$/).waitFor();
}, 90_000);
