/*
 * The playground's page in Chromium: booted from the edge's CDNs, in React's development mode, which mounts twice
 * under StrictMode and complains aloud.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import {
	bannerSays,
	bothSee,
	CLEAN,
	ledger,
	Playground,
	say,
	TEST_MS,
	turn,
} from "../support/playground.js";
import { until } from "../support/until.js";
import { openFor } from "./playground-page.js";

let playground: Playground;

beforeAll(async () => {
	playground = await Playground.start(20, { HOLDFAST_PAGE: "development" });
}, TEST_MS);
afterAll(() => playground?.[ASYNC_DISPOSE]());

it(
	"boots from a CDN, connects both, and what one says the other sees",
	async () => {
		const { page, complaints } = await openFor(playground);
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
		const { page, complaints } = await openFor(playground);
		for (const name of ["name-primary", "name-backup", "api"]) await turn(page, name, "down");
		await bannerSays(page, "ada", "No connection. What you write waits.");
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
