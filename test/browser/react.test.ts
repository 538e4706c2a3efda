/* Hooks and banner in Chromium, with a real server, under a strict content security policy. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { AxeResults, RunOptions } from "axe-core";
import { build } from "esbuild";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { launchChromium } from "../support/chromium.js";
import { edgeOf, type RealEdge } from "../support/real-edge.js";
import { until } from "../support/until.js";

const POLICY =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src ws:";
const HTML =
	'<!doctype html><html lang="en"><title>Room</title><link rel="icon" href="data:,"><body><script src="/script.js"></script>';

declare global {
	var axe: { run(options: RunOptions): Promise<AxeResults> };
}

let browser: Browser;
let script: string;
beforeAll(async () => {
	const entryPoints = ["test/support/pages/react.tsx"];
	const options = { bundle: true, write: false, format: "iife", jsx: "automatic" } as const;
	const built = await build({ entryPoints, ...options, platform: "browser", logLevel: "silent" });
	script = built.outputFiles[0]?.text ?? "";
	browser = await launchChromium();
}, 120_000);
afterAll(() => browser?.close());

async function serve(): Promise<string> {
	const http = createServer(({ url }, response) => {
		const isScript = url === "/script.js";
		response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
		response.setHeader("content-security-policy", POLICY);
		response.end(isScript ? script : HTML);
	});
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		http.closeAllConnections();
		http.close();
	});
	return `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
}

interface Opened {
	readonly edge: RealEdge;
	readonly page: Page;
	/** What the page complained of: errors, breaches of the policy, React's warnings. */
	readonly complaints: readonly string[];
}

/** A page that is connected and subscribed. */
async function open(options: { readonly reducedMotion?: "reduce" } = {}): Promise<Opened> {
	const edge = await edgeOf(
		{ onTestFinished },
		{ gateways: 1, server: { authorize: () => ({ id: "somebody" }) } },
	);
	const context = await browser.newContext(options);
	onTestFinished(() => context.close());
	const page = await context.newPage();
	const complaints: string[] = [];
	page.on("pageerror", ({ message }) => complaints.push(message));
	page.on("console", (message) => {
		const isOutage = /WebSocket connection to|ERR_CONNECTION/.test(message.text());
		const isComplaint = ["error", "warning"].includes(message.type());
		if (isComplaint && !isOutage) complaints.push(message.text());
	});
	await page.goto(`${await serve()}?url=${encodeURIComponent(edge.primary.url)}`);
	await page.getByText("connected 0").waitFor();
	return { edge, page, complaints };
}

async function kill({ edge, page }: Opened): Promise<void> {
	await edge.primary.kill();
	await page
		.getByRole("status")
		.getByText("Reconnecting…")
		.or(page.getByText("No connection."))
		.waitFor();
}

/** Of the banner; an output is a status too. */
const words = (page: Page): Locator => page.locator("header [role=status]");

/** Where things are that the banner must not move. */
const places = (page: Page): Promise<unknown> =>
	page.evaluate(() =>
		[...document.querySelectorAll("header, main, h1, form")].map((element) =>
			JSON.stringify(element.getBoundingClientRect()),
		),
	);

async function violations(page: Page): Promise<readonly string[]> {
	const found = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
	return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
}

describe("An app in StrictMode, in Chromium", () => {
	it("has one socket and one subscription, and its components the same messages", async () => {
		const { edge, page, complaints } = await open();
		await page.getByLabel("Message").fill("hello");
		await page.getByLabel("Message").press("Enter");
		await until(async () => (await page.locator("li").count()) === 2, "both lists to have it");
		expect(await page.locator("li").allTextContents()).toEqual(["hello", "hello"]);
		expect(edge.primary.upgrades).toBe(1);
		expect(edge.primary.server.stats.get()).toMatchObject({ connections: 1, subscriptions: 1 });
		expect(complaints).toEqual([]);
	});

	it("shows the banner when the server is killed, moves nothing, and says when it is back", async () => {
		const opened = await open();
		const { edge, page, complaints } = opened;
		const before = await places(page);
		await kill(opened);
		expect(await places(page)).toEqual(before);
		await edge.primary.start(edge.log);
		await words(page).getByText("Connected again.").waitFor();
		await until(async () => (await words(page).textContent()) === "", "it to go");
		expect(await places(page)).toEqual(before);
		// The policy allows no inline style, and nothing asked for one.
		expect(complaints).toEqual([]);
	});

	it("has a banner that axe objects to in nothing, before, while and after it is shown", async () => {
		const opened = await open();
		expect(await violations(opened.page)).toEqual([]);
		await kill(opened);
		expect(await violations(opened.page)).toEqual([]);
		await opened.page.emulateMedia({ colorScheme: "dark" });
		expect(await violations(opened.page)).toEqual([]);
	});

	it("has a banner that the keyboard reaches and dismisses", async () => {
		const opened = await open();
		const { page } = opened;
		await kill(opened);
		await page.keyboard.press("Tab");
		expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Retry");
		await page.keyboard.press("Tab");
		expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Dismiss");
		await page.keyboard.press("Enter");
		await page.getByRole("button", { name: "Dismiss" }).waitFor({ state: "detached" });
	});

	it("has a banner without motion, asked for less of it or not", async () => {
		for (const options of [{}, { reducedMotion: "reduce" } as const]) {
			const opened = await open(options);
			await kill(opened);
			const moving = await opened.page.evaluate(() =>
				document
					.getAnimations()
					.map(({ effect }) => (effect as KeyframeEffect).target?.outerHTML ?? "?"),
			);
			expect(moving).toEqual([]);
		}
	});
});
