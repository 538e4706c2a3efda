/* The main states of the playground's page: how each is reached, and how a picture knows that it is there. */
import type { Page } from "playwright-core";
import {
	bannerSays,
	bothConnected,
	type Playground,
	say,
	turn,
	whereabouts,
} from "../support/playground.js";

export interface Shown {
	readonly name: string;
	readonly query?: string;
	/** From a page that is connected; resolves when it is as it shall be shown. */
	readonly reach: (page: Page, playground: Playground) => Promise<void>;
}

const LATE = "Messages may be a little late.";
const NONE = "No connection. What you write waits.";

async function talked(page: Page): Promise<void> {
	const messages = page.getByTestId("messages-ada").first().getByTestId("message");
	await messages.nth(3).waitFor();
}

export const STATES: readonly Shown[] = [
	{ name: "idle", reach: talked },
	{
		name: "region-down",
		reach: async (page, { control }) => {
			await talked(page);
			await control.act({ do: "kill-pop", pop: "DUB" });
			await page.locator('[data-testid="part-DUB"][data-fault]').waitFor();
			await whereabouts(page, "ada", /connected to the \w+ in (?!Dublin)/);
		},
	},
	{
		name: "menu",
		reach: async (page) => {
			await page.getByTestId("part-FRA").click();
			await page.getByTestId("verb-kill").waitFor();
		},
	},
	{ name: "break-menu", reach: (page) => page.getByTestId("break").click() },
	{
		name: "degraded",
		query: "story=degraded&polling=manual",
		reach: async (page, { control }) => {
			await control.act({ do: "set-name", name: "primary", up: false });
			await control.act({ do: "set-name", name: "backup", up: false });
			await bannerSays(page, "ada", LATE);
			await whereabouts(page, "lin", /polling/);
		},
	},
	{
		name: "offline",
		query: "talk=off&view=inspector",
		reach: async (page) => {
			await page.getByTestId("offline-ada").click();
			await bannerSays(page, "ada", NONE);
			await say(page, "ada", "This waits until I am back.");
			await page.getByTestId("chat-ada").getByTestId("pending").waitFor();
		},
	},
	{
		name: "story",
		reach: async (page) => {
			await page.getByTestId("story-start").click();
			await page.locator('[data-testid="part-DUB"][data-fault]').waitFor();
		},
	},
	{
		name: "why",
		reach: async (page) => {
			await turn(page, "DUB", "cut");
			const line = page
				.getByTestId("timeline")
				.locator("li", { hasText: /^.*no link/ })
				.first();
			await line.getByRole("button").click();
			await bothConnected(page);
			await page.getByTestId("why").waitFor();
		},
	},
];

/** The last one: nothing comes after it. */
export async function lose(page: Page, { program }: Playground): Promise<void> {
	await talked(page);
	program.signal("SIGKILL");
	await program.ended;
	await page.getByTestId("notice").getByText("does not answer").waitFor();
	await bannerSays(page, "ada", NONE);
}

/** Words that are cut off, and a page that is wider than its window. */
export async function flawsOf(page: Page): Promise<readonly string[]> {
	return page.evaluate(() => {
		const { scrollWidth, clientWidth } = document.documentElement;
		const flaws = scrollWidth > clientWidth ? [`wider than ${clientWidth} px`] : [];
		for (const place of document.querySelectorAll(
			".caption, .part-name, .part-note, .now, .notice",
		)) {
			const isCut =
				place.scrollWidth > place.clientWidth || place.scrollHeight > place.clientHeight + 1;
			if (isCut) flaws.push(`cut off: "${place.textContent}"`);
		}
		return flaws;
	});
}
