/* The page before real Envoys: what they say of themselves comes from their admin sockets, through our process. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { bothSee, CLEAN, ledger, Playground, say, TEST_MS } from "../support/playground.js";
import { withTool } from "../support/real-tool.js";
import { openFor } from "./playground-page.js";

await withTool("envoy", () => {
	describe("with a real Envoy in each PoP", () => {
		let playground: Playground;

		beforeAll(async () => {
			playground = await Playground.start(20, {}, ["--proxy", "envoy"]);
		}, TEST_MS);
		afterAll(() => playground?.[ASYNC_DISPOSE]());

		it(
			"a PoP's menu says what its Envoy says, and replaces it; nobody misses a word",
			async () => {
				const { page, complaints } = await openFor(playground);
				const dublin = page.getByTestId("part-DUB");
				await dublin.click();
				const menu = page.getByTestId("verb");
				await menu
					.getByText(/^Envoy \d+\.\d+\.\d+: 1 process, \d+ connections?, 2 of 2 gateways well$/)
					.waitFor();
				await page.getByTestId("verb-replace").click();
				await dublin.getByText("two proxies").waitFor();
				await say(page, "ada", "between two proxies");
				await bothSee(page, "between two proxies");
				await dublin.getByText("well").waitFor();
				await say(page, "lin", "and with the new one");
				await bothSee(page, "and with the new one");
				expect(await ledger(page)).toMatch(CLEAN);
				expect(complaints).toEqual([]);
			},
			TEST_MS,
		);
	});
});
