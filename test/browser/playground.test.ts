/*
 * The playground's page in Chromium: booted from the edge's CDNs, in React's development mode, which mounts twice
 * under StrictMode and complains aloud.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { launchChromium } from "../support/chromium.js";
import { type Program, start } from "../support/program.js";
import { until } from "../support/until.js";

const PATIENCE_MS = 60_000;
const TEST_MS = 180_000;
/** What a browser says of itself when a server is gone, which is what these tests are about. */
const OUTAGE = /WebSocket connection to|ERR_|blocked by CORS policy/;

let program: Program;
let browser: Browser;
let url: string;

beforeAll(async () => {
	const environment = { HOLDFAST_PAGE: "development" };
	program = start(["playground/main.ts", "--port", "0", "--clients", "20"], environment);
	[url] = await program.says(/http:\/\/localhost:\d+\//, 90_000);
	browser = await launchChromium();
}, TEST_MS);
afterAll(async () => {
	await browser?.close();
	await program?.[Symbol.asyncDispose]();
});

interface Opened {
	readonly page: Page;
	readonly context: BrowserContext;
	/** Errors, React's warnings, breaches of the policy. */
	readonly complaints: readonly string[];
}

/** Connected. Nobody talks by himself: what is said, a test has said. */
async function open(): Promise<Opened> {
	const context = await browser.newContext({
		viewport: { width: 1280, height: 800 },
		locale: "en-US",
	});
	onTestFinished(() => context.close());
	const page = await context.newPage();
	page.setDefaultTimeout(PATIENCE_MS);
	const complaints: string[] = [];
	page.on("pageerror", ({ message }) => complaints.push(message));
	page.on("console", (message) => {
		const isComplaint = ["error", "warning"].includes(message.type());
		if (isComplaint && !OUTAGE.test(message.text())) complaints.push(message.text());
	});
	await page.goto(`${url}?talk=off`);
	await bothConnected(page);
	return { page, context, complaints };
}

async function bothConnected(page: Page): Promise<void> {
	for (const who of ["ada", "lin"])
		await page
			.getByTestId(`whereabouts-${who}`)
			.filter({ hasText: /connected to the/ })
			.waitFor();
}

const bothSee = async (page: Page, words: string): Promise<void> => {
	for (const who of ["ada", "lin"])
		await page.getByTestId(`chat-${who}`).getByTestId("message").getByText(words).waitFor();
};

async function say(page: Page, who: string, words: string): Promise<void> {
	await page.fill(`#text-${who}`, words);
	await page.press(`#text-${who}`, "Enter");
}

async function turn(page: Page, part: string, verb: string): Promise<void> {
	await page.getByTestId(`part-${part}`).click();
	await page.getByTestId(`verb-${verb}`).click();
}

const CLEAN = /^0 lost · 0 repeated · 0 out of order · [\d,]+ delivered$/;
const ledger = (page: Page): Promise<string | null> =>
	page.getByTestId("ledger").locator(".unseen").first().textContent();

it(
	"boots from a CDN, connects both, and what one says the other sees",
	async () => {
		const { page, complaints } = await open();
		const origins = await page.evaluate(() =>
			(
				globalThis as unknown as { holdfast: { entries: { origin: string }[] } }
			).holdfast.entries.map(({ origin }) => origin),
		);
		for (const origin of origins) expect(origin).toMatch(/^http:\/\/cdn\.localhost:\d+$/);
		await say(page, "ada", "hello from Dublin");
		await bothSee(page, "hello from Dublin");
		await say(page, "lin", "and from Frankfurt");
		await bothSee(page, "and from Frankfurt");
		expect(await ledger(page)).toMatch(CLEAN);
		expect(complaints).toEqual([]);
	},
	TEST_MS,
);

it(
	"all down: what is written waits, through a reload too, and arrives once",
	async () => {
		const { page, complaints } = await open();
		for (const name of ["name-primary", "name-backup", "api"]) await turn(page, name, "down");
		await page.getByTestId("banner-ada").getByText("No connection.").waitFor();
		await say(page, "ada", "is anybody there?");
		const waiting = page.getByTestId("chat-ada").getByTestId("pending");
		await waiting.getByText("is anybody there?").waitFor();
		await page.reload();
		await waiting.getByText("is anybody there?").waitFor();
		await page.getByTestId("heal").click();
		await bothSee(page, "is anybody there?");
		await until(async () => (await waiting.count()) === 0, "nothing to wait any more");
		const seen = page.getByTestId("chat-lin").getByText("is anybody there?");
		expect(await seen.count()).toBe(1);
		expect(await ledger(page)).toMatch(CLEAN);
		expect(complaints).toEqual([]);
	},
	TEST_MS,
);
