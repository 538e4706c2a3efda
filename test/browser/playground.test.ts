/*
 * Two windows of the playground chat through every fault that its buttons make. Each window counts, from
 * the positions of the messages, what was lost, repeated and out of order: all three stay at nothing.
 */
import { mkdir } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../support/chromium.js";
import { type Program, start } from "../support/program.js";
import { until } from "../support/until.js";

const SHOTS = ".tmp/playground";
const SIZES = [
	{ width: 1280, height: 800 },
	{ width: 390, height: 844 },
];
/** A silent link is noticed after 9 s, two silent servers take 8 s more, and polls are 5 s to 30 s apart. */
const PATIENCE_MS = 75_000;
const TEST_MS = 180_000;

type Target = "primary" | "backup" | "api";
type Verb = "kill" | "refuse" | "swallow" | "drain" | "restore";

let program: Program;
let browser: Browser;
let windows: readonly [Page, Page];
const said: string[] = [];

beforeAll(async () => {
	await mkdir(SHOTS, { recursive: true });
	program = start(["playground/main.ts", "--port", "0"]);
	const [url] = await program.says(/http:\/\/127\.0\.0\.1:\d+\//, 90_000);
	browser = await launchChromium();
	windows = [await open(url, "Ada"), await open(url, "Lin")];
}, TEST_MS);
afterAll(async () => {
	await browser?.close();
	await program?.[Symbol.asyncDispose]();
});

async function open(url: string, name: string): Promise<Page> {
	// A context each: two windows of two people.
	const page = await (await browser.newContext({ colorScheme: "light" })).newPage();
	await page.setViewportSize({ width: 1280, height: 800 });
	page.on("pageerror", (error) => {
		throw error;
	});
	await page.goto(url);
	// The page's script has run.
	await page.waitForSelector("#primary[data-is]");
	await page.fill("#name", name);
	await page.press("#name", "Tab");
	return page;
}

const press = (target: Target, verb: Verb): Promise<void> =>
	windows[0].click(`#${target} [data-verb="${verb}"]`);

async function restoreAll(): Promise<void> {
	for (const target of ["primary", "backup", "api"] as const) await press(target, "restore");
}

/** Typed and sent, whatever becomes of it. */
async function say(page: Page, words: string): Promise<void> {
	said.push(words);
	await page.fill("#text", words);
	await page.press("#text", "Enter");
}

const confirmed = (page: Page): Promise<string[]> =>
	page.locator("#messages li:not([data-pending]) p").allTextContents();

/** Both say something, and both see all that was ever said, once each and in the same order. */
async function chat(about: string): Promise<void> {
	await Promise.all(windows.map((page, index) => say(page, `${about}, says ${"AB"[index]}`)));
	await agree();
}

async function agree(): Promise<void> {
	const hasAll = async (page: Page): Promise<boolean> =>
		new Set(await confirmed(page)).size >= said.length;
	for (const page of windows)
		await until(() => hasAll(page), `all of ${said.length} messages`, PATIENCE_MS);
	const [first, second] = await Promise.all(windows.map(confirmed));
	expect(first).toEqual(second);
	expect([...(first ?? [])].sort()).toEqual([...said].sort());
	for (const page of windows)
		expect(await page.textContent("#ledger")).toMatch(/^0 lost · 0 repeated · 0 out of order · /);
}

const fact = (page: Page, name: string): Promise<string | null> =>
	page
		.locator("#facts > div", { has: page.locator(`dt:text-is("${name}")`) })
		.locator("dd")
		.textContent();

async function bothAre(name: string, words: RegExp): Promise<void> {
	for (const page of windows) {
		const is = async (): Promise<boolean> => words.test((await fact(page, name)) ?? "");
		await until(is, `${name} to be ${words}`, PATIENCE_MS);
	}
}

async function shows(page: Page, kind: string): Promise<void> {
	const state = "attached" as const;
	await page.waitForSelector(`#banner[data-kind="${kind}"]`, { state, timeout: PATIENCE_MS });
	expect(await page.isVisible("#banner")).toBe(kind !== "none");
}

async function bothShow(kind: string): Promise<void> {
	await Promise.all(windows.map((page) => shows(page, kind)));
}

/** Pictures to look at: light and dark, wide and narrow. */
async function capture(name: string): Promise<void> {
	const [page] = windows;
	for (const colorScheme of ["light", "dark"] as const) {
		await page.emulateMedia({ colorScheme });
		for (const size of SIZES) {
			await page.setViewportSize(size);
			await page.screenshot({ path: `${SHOTS}/${name}-${colorScheme}-${size.width}.png` });
			// A scrollbar along the bottom is a broken layout.
			const isTooWide = await page.evaluate(
				() => document.documentElement.scrollWidth > document.documentElement.clientWidth,
			);
			expect(isTooWide).toBe(false);
		}
	}
	await page.emulateMedia({ colorScheme: "light" });
	await page.setViewportSize({ width: 1280, height: 800 });
}

it(
	"nothing is wrong: messages go both ways, and no banner shows",
	async () => {
		await chat("to begin with");
		await bothAre("Connection", /^connected to primary$/);
		await bothShow("none");
		await capture("well");
	},
	TEST_MS,
);

it(
	"drained: both move to the backup without a pause, and no banner shows",
	async () => {
		const kinds = await Promise.all(windows.map(watchBanner));
		await press("primary", "drain");
		await chat("while it drains");
		await bothAre("Connection", /^connected to backup$/);
		await bothAre("Moves", /^1 /);
		await until(
			async () => (await windows[0].textContent("#primary .state"))?.startsWith("drained"),
			"drained",
		);
		await chat("after the drain");
		for (const seen of kinds) expect(await seen()).toEqual([]);
		await press("primary", "restore");
		await bothAre("Connection", /^connected to primary$/);
		await chat("back on the primary");
	},
	TEST_MS,
);

it(
	"killed: both are on the backup at once",
	async () => {
		await press("primary", "kill");
		await chat("the primary is dead");
		await bothAre("Connection", /^connected to backup$/);
		await bothShow("none");
		await press("primary", "restore");
		await chat("it lives again");
	},
	TEST_MS,
);

it(
	"refused: both poll and say so, and come back by themselves",
	async () => {
		await press("primary", "refuse");
		await press("backup", "refuse");
		await bothShow("degraded");
		await bothAre("Mode", /^degraded/);
		await chat("WebSockets are refused");
		await capture("degraded");
		await restoreAll();
		await bothShow("restored");
		await bothShow("none");
		await bothAre("Mode", /^normal$/);
		await chat("WebSockets are back");
	},
	TEST_MS,
);

it(
	"swallowed: the silence is noticed, and both poll",
	async () => {
		await press("primary", "swallow");
		await press("backup", "swallow");
		// Into links that look open.
		await chat("WebSockets are silent");
		await bothAre("Mode", /^degraded/);
		await restoreAll();
		await bothAre("Connection", /^connected/);
		await bothAre("Mode", /^normal$/);
		await chat("they speak again");
	},
	TEST_MS,
);

it(
	"all down: what is written waits, through a reload too, and arrives once",
	async () => {
		await press("api", "kill");
		await chat("the API is down, and nobody minds");
		for (const target of ["primary", "backup"] as const) await press(target, "kill");
		const [ada, lin] = windows;
		await say(ada, "is anybody there?");
		await say(lin, "no");
		await bothShow("offline");
		expect(await ada.textContent("#banner-words")).toMatch(/^No connection\. /);
		await capture("offline");
		expect(await confirmed(lin)).not.toContain("no");
		await ada.reload();
		await ada.locator("#messages [data-pending] p", { hasText: "is anybody there?" }).waitFor();
		await restoreAll();
		await agree();
		await bothShow("none");
	},
	TEST_MS,
);

it(
	"by hand: “Load more” fetches what waits, and the banner goes when nothing does",
	async () => {
		const [ada, lin] = windows;
		await ada.selectOption("#polling", "manual");
		await ada.waitForEvent("load");
		await chat("polling by hand");
		await press("primary", "refuse");
		await press("backup", "refuse");
		// Nothing waits yet for who looks by hand: there is nothing to tell her.
		await bothAre("Mode", /^degraded/);
		await say(lin, "one for you");
		await ada.getByText("1 new message is waiting.").waitFor({ timeout: PATIENCE_MS });
		expect(await confirmed(ada)).not.toContain("one for you");
		await capture("by-hand");
		await ada.getByRole("button", { name: "Load more" }).click();
		await shows(ada, "none");
		expect(await confirmed(ada)).toContain("one for you");
		await restoreAll();
		await chat("all is well that ends well");
	},
	TEST_MS,
);

/** Collects every kind that the banner shows from now on. */
async function watchBanner(page: Page): Promise<() => Promise<string[]>> {
	await page.evaluate(() => {
		const banner = document.getElementById("banner") as HTMLElement;
		const seen: string[] = [];
		new MutationObserver(() => seen.push(banner.dataset.kind ?? "")).observe(banner, {
			attributeFilter: ["data-kind"],
		});
		Object.assign(window, { seen });
	});
	return () => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
}
