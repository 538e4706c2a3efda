/*
 * Each prepared story told by the page itself, in Chromium: it runs to its end and holds, and the servers'
 * counts show that its fault has struck.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EdgeState } from "../../playground/edge/control/contract.js";
import { socketsAt, socketsOf } from "../../playground/edge/stories/conditions.js";
import { STORIES } from "../../playground/edge/stories/stories.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { bothConnected, CLEAN, ledger, Playground, TEST_MS } from "../support/playground.js";
import { openFor } from "./playground-page.js";

const CLIENTS = 30;
const HELD =
	/^It held: ([\d,]+) messages to (\d+) clients in (\d+) s; none lost, none repeated, none out of order\.$/;

let playground: Playground;

beforeAll(async () => {
	playground = await Playground.start(CLIENTS);
}, TEST_MS);
afterAll(() => playground?.[ASYNC_DISPOSE]());

const dublinIn = ({ pops }: EdgeState) => pops.find(({ name }) => name === "DUB");

/** Whether the edge itself saw the fault, at one moment. */
const BITES: Readonly<Record<string, (now: EdgeState, before: EdgeState) => boolean>> = {
	"region-fails": (now, before) => {
		const [was, is] = [dublinIn(before), dublinIn(now)];
		return was !== undefined && is?.is === "down" && socketsAt(was) > 0 && socketsAt(is) === 0;
	},
	// Ada and Lin are among those who poll.
	degraded: (now) => socketsOf(now) === 0 && now.sockets.polling > CLIENTS,
	deploy: ({ fleet }, before) => fleet.migrations - before.fleet.migrations >= CLIENTS / 2,
	"cdn-dark": ({ cdns }) => cdns.every(({ faults }) => faults.length > 0),
	herd: (now, before) => socketsOf(now) < socketsOf(before) / 2,
};

/** Looks on while the story is told. */
function witness(before: EdgeState, hasBitten: (now: EdgeState, before: EdgeState) => boolean) {
	const end = new AbortController();
	const seen = { bitten: false };
	const look = async (): Promise<void> => {
		for await (const now of playground.control.watch(end.signal))
			seen.bitten ||= hasBitten(now, before);
	};
	const looking = look().catch(() => undefined);
	return {
		end: async () => {
			end.abort();
			await looking;
			return seen.bitten;
		},
	};
}

it.each(STORIES.map(({ id }) => id))(
	"%s: told by the page, it holds; its fault strikes, and the ledger reads 0",
	async (id) => {
		const { page, complaints } = await openFor(playground, `story=${id}`);
		const before = await playground.control.state();
		const watching = witness(before, BITES[id] ?? (() => false));
		await page.getByTestId("story-start").click();
		const caption = page.getByTestId("caption");
		await page
			.locator('[data-testid="caption"]:is([data-is="over"], [data-is="broken"])')
			.waitFor({ timeout: TEST_MS });
		const words = (await caption.textContent()) ?? "";
		expect(words).toMatch(HELD);
		expect(await watching.end()).toBe(true);
		const [, messages = "", clients, seconds] = HELD.exec(words) ?? [];
		const count = Number(messages.replaceAll(",", ""));
		// The seconds of the caption are rounded.
		expect(count).toBeGreaterThanOrEqual(Number(clients) * (Number(seconds) - 1));
		await bothConnected(page);
		expect(await ledger(page)).toMatch(CLEAN);
		expect(complaints).toEqual([]);
	},
	TEST_MS,
);
