import { existsSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { launchChromium } from "../support/chromium.js";
import { start } from "../support/program.js";

it("loads the built file without a bundler, and two pages talk", async () => {
	if (!existsSync("dist/browser/holdfast.min.js")) throw new Error("Build first: npm run build");
	const program = start(["examples/browser/main.ts"], { PORT: "0" });
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
	await ada.fill("#text", "<b>hello</b>");
	await ada.press("#text", "Enter");
	for (const page of [ada, lin]) {
		await page.locator("#messages li").waitFor();
		const shown = await page.locator("#messages li").allTextContents();
		expect(shown).toEqual([expect.stringMatching(/^guest-\d+: <b>hello<\/b>$/)]);
	}
	expect(errors).toEqual([]);
}, 90_000);
