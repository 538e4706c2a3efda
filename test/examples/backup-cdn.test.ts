import { expect, it, onTestFinished } from "vitest";
import { launchChromium } from "../support/chromium.js";
import { start } from "../support/program.js";
import { until } from "../support/until.js";

it("boots from the backup when the primary fails, from storage when both do, and without its server", async () => {
	const program = start(["examples/backup-cdn/main.ts"], { PORT: "0" });
	onTestFinished(() => program[Symbol.asyncDispose]());
	const [url] = await program.says(/http:\/\/127\.0\.0\.1:\d+\//);
	const browser = await launchChromium();
	onTestFinished(() => browser.close());
	const page = await browser.newPage();
	const policy: string[] = [];
	page.on("console", (message) => {
		if (/Content Security Policy/.test(message.text())) policy.push(message.text());
	});
	const status = (): Promise<string> =>
		until(async () => {
			const text = await page.locator("#status").textContent();
			return text?.startsWith("Running") ? text : null;
		}, "the app to run");
	const press = async (name: string): Promise<void> => {
		await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name }).click()]);
	};
	const sourceOf = async (): Promise<string> => (await status()).replace(/.* from /, "");

	await page.goto(url);
	const primary = await sourceOf();
	expect(primary).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
	await press("Both are down");
	expect(await sourceOf()).toBe("storage");
	await press("All is well");
	await press("The primary serves other bytes");
	await press("Forget all that is kept");
	const backup = await sourceOf();
	expect(backup).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
	expect(backup).not.toBe(primary);

	// The service worker keeps the page; now the page's own server goes too.
	// Not by waitForFunction, which takes the promise itself for a yes.
	const pagesKept = (): Promise<number> =>
		page.evaluate(async () => (await (await caches.open("holdfast-pages")).keys()).length);
	await until(async () => (await pagesKept()) > 0, "the page in the cache");
	await program[Symbol.asyncDispose]();
	await page.reload();
	expect(await sourceOf()).toBe("storage");
	expect(policy).toEqual([]);
}, 120_000);
