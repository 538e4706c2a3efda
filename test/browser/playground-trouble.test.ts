/*
 * What users of the playground's page see while the edge is in trouble: the banner's words, the messages and
 * their order, what is reachable without a mouse, and what is left without any server.
 */
import axeCore, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Upgrades } from "../../playground/edge/control/contract.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import {
	banner,
	bannerSays,
	bothConnected,
	bothSee,
	CLEAN,
	ledger,
	PEOPLE,
	Playground,
	say,
	sees,
	TEST_MS,
	turn,
	type Who,
	whereabouts,
} from "../support/playground.js";
import { until } from "../support/until.js";
import { openFor } from "./playground-page.js";

const LATE = "Messages may be a little late.";
const NONE = "No connection. What you write waits.";
const PATIENCE_MS = 60_000;

let playground: Playground;

beforeAll(async () => {
	playground = await Playground.start(20);
}, TEST_MS);
beforeEach(() => playground.heal(), TEST_MS);
afterAll(() => playground?.[ASYNC_DISPOSE]());

/** The ids of what is shown in a person's first channel, from the top. */
const idsOf = (page: Page, who: Who): Promise<readonly (string | null)[]> =>
	page
		.locator(`[data-testid="messages-${who}"][data-channel-name="page.general"] > [data-id]`)
		.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-id")));

/** Every word that a banner shows from now on, of both people. */
async function listenToBanners(page: Page): Promise<() => Promise<readonly string[]>> {
	await page.evaluate((people) => {
		const heard: string[] = [];
		Object.assign(globalThis, { heard });
		for (const who of people) {
			const place = document.querySelector(`[data-testid="banner-${who}"]`) as Element;
			const look = (): void => {
				const words = place.querySelector("[role=status]")?.textContent ?? "";
				if (words !== "" && heard.at(-1) !== words) heard.push(words);
			};
			new MutationObserver(look).observe(place, {
				childList: true,
				subtree: true,
				characterData: true,
			});
			look();
		}
	}, PEOPLE);
	return () => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
}

async function setUpgrades(upgrades: Upgrades): Promise<void> {
	const { pops } = await playground.control.state();
	for (const { name } of pops)
		await playground.control.act({ do: "set-upgrades", pop: name, upgrades });
}

/** Cuts who is connected, too: an upgrade is asked for by newcomers alone. */
async function withoutUpgrades(upgrades: Upgrades): Promise<void> {
	await setUpgrades(upgrades);
	const { pops } = await playground.control.state();
	for (const { name } of pops)
		await playground.control.act({ do: "cut", pop: name, link: "clients" });
}

it(
	"two windows show the same messages in the same order, also when a region fails between them",
	async () => {
		const [one, other] = await Promise.all([openFor(playground), openFor(playground)]);
		const earlier = (await idsOf(one.page, "ada")).length;
		for (let said = 0; said < 6; said += 1) {
			if (said === 3) await playground.control.act({ do: "kill-pop", pop: "DUB" });
			await Promise.all([
				say(one.page, "ada", `one, Ada ${said}`),
				say(other.page, "lin", `other, Lin ${said}`),
			]);
		}
		for (const { page } of [one, other])
			for (const words of ["one, Ada 5", "other, Lin 5"]) await bothSee(page, words);
		const lists = async () =>
			Promise.all([one, other].flatMap(({ page }) => PEOPLE.map((who) => idsOf(page, who))));
		await until(
			async () => (await lists()).every(({ length }) => length === earlier + 12),
			"all lists to have all twelve",
			PATIENCE_MS,
		);
		const [first, ...rest] = await lists();
		expect(new Set(first).size).toBe(earlier + 12);
		for (const list of rest) expect(list).toEqual(first);
		for (const { page } of [one, other]) expect(await ledger(page)).toMatch(CLEAN);
	},
	TEST_MS,
);

it(
	"the banner says reconnecting, late, no connection, connected again, and is gone",
	async () => {
		const { page, complaints } = await openFor(playground);
		const heard = await listenToBanners(page);
		// Dials that hang leave time for the first words; those that fail at once lead to polling before.
		await withoutUpgrades("swallow");
		for (const who of PEOPLE) await bannerSays(page, who, LATE);
		await say(page, "ada", "by another way");
		await bothSee(page, "by another way");
		await turn(page, "api", "down");
		for (const who of PEOPLE) await bannerSays(page, who, NONE);
		await page.getByTestId("heal").click();
		await bothConnected(page);
		for (const who of PEOPLE)
			await until(async () => (await banner(page, who).textContent()) === "", "no banner");
		const words = await heard();
		const firsts = words.filter((each, at) => words.indexOf(each) === at);
		expect(firsts).toEqual(["Reconnecting…", LATE, NONE, "Connected again."]);
		expect(await ledger(page)).toMatch(CLEAN);
		expect(complaints).toEqual([]);
	},
	TEST_MS,
);

it(
	"a drain moves both to London, and no banner says a word",
	async () => {
		const { page } = await openFor(playground);
		const heard = await listenToBanners(page);
		await whereabouts(page, "ada", /in Dublin/);
		for (const pop of ["DUB", "FRA"]) await turn(page, pop, "drain");
		for (const who of PEOPLE) await whereabouts(page, who, /connected to the \w+ in London/);
		await say(page, "lin", "did we move?");
		await bothSee(page, "did we move?");
		expect(await heard()).toEqual([]);
		expect(await ledger(page)).toMatch(CLEAN);
	},
	TEST_MS,
);

it.each(["refuse", "swallow"] as const)(
	"upgrades that all PoPs %s: degraded, and new messages come by Load more",
	async (upgrades) => {
		const { page } = await openFor(playground, "talk=off&polling=manual");
		await withoutUpgrades(upgrades);
		for (const who of PEOPLE) await whereabouts(page, who, /polling the API/);
		const words = `over HTTP, ${upgrades}`;
		await say(page, "lin", words);
		// The banner is there for as long as something waits to be loaded.
		await bannerSays(page, "ada", LATE);
		const chat = page.getByTestId("chat-ada").getByTestId("message").getByText(words);
		expect(await chat.count()).toBe(0);
		const more = banner(page, "ada").getByRole("button", { name: "Load more messages" });
		await until(
			async () => {
				if (await more.isVisible()) await more.click({ timeout: 1_000 }).catch(() => undefined);
				return (await chat.count()) > 0;
			},
			"Load more to bring it",
			PATIENCE_MS,
		);
		await playground.heal();
		await bothConnected(page);
		await bothSee(page, words);
		expect(await ledger(page)).toMatch(CLEAN);
	},
	TEST_MS,
);

it(
	"S10: who was offline, and who slept, has all that was said meanwhile, and what was written arrives",
	async () => {
		const { page } = await openFor(playground);
		await page.getByTestId("offline-ada").click();
		await bannerSays(page, "ada", NONE);
		await say(page, "ada", "written offline");
		await page
			.getByTestId("chat-ada")
			.getByTestId("pending")
			.getByText("written offline")
			.waitFor();
		await say(page, "lin", "said meanwhile");
		await sees(page, "lin", "said meanwhile");
		await whereabouts(page, "lin", /connected to the/);
		await page.getByTestId("offline-ada").click();
		await bothConnected(page);
		for (const words of ["written offline", "said meanwhile"]) await bothSee(page, words);

		await page.getByTestId("sleep-ada").click();
		await whereabouts(page, "ada", /asleep/);
		await say(page, "lin", "good night");
		await sees(page, "lin", "good night");
		const asleep = page.getByTestId("chat-ada").getByTestId("message").getByText("good night");
		expect(await asleep.count()).toBe(0);
		await page.getByTestId("sleep-ada").click();
		await bothSee(page, "good night");
		expect(await idsOf(page, "ada")).toEqual(await idsOf(page, "lin"));
		expect(await ledger(page)).toMatch(CLEAN);
	},
	TEST_MS,
);

/** Whether every file that this page runs came from what an earlier visit had kept. */
const isFromKept = (page: Page): Promise<boolean> =>
	page.evaluate(() =>
		(
			globalThis as unknown as { holdfast: { entries: { kept?: boolean }[] } }
		).holdfast.entries.every(({ kept }) => kept === true),
	);

/** The next visit needs no CDN; and no server for its HTML either, if the worker was there for this one. */
async function isKept(page: Page, what: "/holdfast/good" | "html"): Promise<void> {
	const look = (): Promise<boolean> =>
		page.evaluate(async (what) => {
			const name = what === "html" ? location.href : what;
			return (await caches.match(name)) !== undefined;
		}, what);
	await until(look, `${what} to be kept`, PATIENCE_MS);
}

it(
	"S20: boots from what it has kept with both CDNs dark, and chats",
	async () => {
		const { page } = await openFor(playground);
		expect(await isFromKept(page)).toBe(false);
		await isKept(page, "/holdfast/good");
		for (const cdn of ["primary", "backup"] as const)
			await playground.control.act({ do: "fault-cdn", cdn, fault: { is: "refuse" } });
		await page.reload();
		await bothConnected(page);
		expect(await isFromKept(page)).toBe(true);
		await say(page, "ada", "who needs a CDN?");
		await bothSee(page, "who needs a CDN?");
	},
	TEST_MS,
);

async function violations(page: Page): Promise<readonly string[]> {
	await page.evaluate(axeCore.source);
	const found = await page.evaluate(() =>
		(globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
	);
	return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
}

describe("Without a mouse, or without eyes", () => {
	it(
		"axe finds nothing: light, dark, with a menu, a popover, the inspector, degraded, and narrow",
		async () => {
			const { page } = await openFor(playground, "theme=light");
			await page.getByTestId("chat-ada").getByTestId("message").first().waitFor();
			expect(await violations(page)).toEqual([]);
			await page.getByTestId("part-DUB").click();
			expect(await violations(page)).toEqual([]);
			await page.keyboard.press("Escape");
			await page.getByTestId("theme").click();
			expect(await violations(page)).toEqual([]);
			await page.getByTestId("break").click();
			expect(await violations(page)).toEqual([]);
			await page.keyboard.press("Escape");
			await page.getByTestId("ledger-how-button").click();
			expect(await violations(page)).toEqual([]);
			await page.keyboard.press("Escape");
			for (const name of ["name-primary", "name-backup"]) await turn(page, name, "down");
			await bannerSays(page, "ada", LATE);
			await page.getByRole("button", { name: "Inspector", exact: true }).click();
			await page.getByTestId("inspector").waitFor();
			expect(await violations(page)).toEqual([]);
			await page.getByTestId("theme").click();
			expect(await violations(page)).toEqual([]);
			await page.setViewportSize({ width: 390, height: 844 });
			expect(await violations(page)).toEqual([]);
		},
		TEST_MS,
	);

	it(
		"a region is broken and restored by keys alone, and the focus is where it was",
		async () => {
			const { page } = await openFor(playground);
			const isAt = (id: string): Promise<boolean> =>
				page.evaluate((id) => document.activeElement?.getAttribute("data-testid") === id, id);
			for (let tabs = 0; tabs < 100 && !(await isAt("break")); tabs += 1)
				await page.keyboard.press("Tab");
			const dublin = page.locator('[data-testid="part-DUB"][data-fault]');
			for (const key of ["Enter", "1", "k"]) await page.keyboard.press(key);
			await dublin.waitFor();
			expect(await isAt("break")).toBe(true);
			await whereabouts(page, "ada", /connected to the \w+ in (?!Dublin)/);
			for (const key of ["Enter", "1", "r"]) await page.keyboard.press(key);
			await dublin.waitFor({ state: "detached" });
			for (const key of ["Enter", "Escape"]) await page.keyboard.press(key);
			expect(await isAt("break")).toBe(true);
			expect(await page.getByRole("menu").count()).toBe(0);
		},
		TEST_MS,
	);
});

it(
	"the playground is gone: the page says so, keeps what it shows, and is there after a reload",
	async () => {
		const { page } = await openFor(playground);
		await isKept(page, "html");
		await bothConnected(page);
		await say(page, "ada", "the last words");
		await bothSee(page, "the last words");
		playground.program.signal("SIGKILL");
		await playground.program.ended;
		const notice = page.getByTestId("notice");
		await notice.getByText("The playground itself does not answer").waitFor();
		for (const who of PEOPLE) await bannerSays(page, who, NONE);
		await bothSee(page, "the last words");
		await page.reload();
		await notice.getByText("The playground itself does not answer").waitFor();
		await page.getByTestId("chat-ada").getByText("The playground does not answer.").waitFor();
		expect(await isFromKept(page)).toBe(true);
	},
	TEST_MS,
);
