/* The prepared stories without a page: each runs to its end, its fault strikes, nobody misses anything. */
import { expect, it } from "vitest";
import type { Story } from "../../../playground/edge/stories/contract.js";
import { runStory } from "../../../playground/edge/stories/run-story.js";
import { rigOfTest } from "./edge-rig.js";
import { expectFlawless, tell } from "./story-rig.js";

const PATIENCE_MS = 180_000;

it("a region fails", async () => expectFlawless(await tell("region-fails")), PATIENCE_MS);

it("the CDN goes dark", async () => expectFlawless(await tell("cdn-dark")), PATIENCE_MS);

it("a story whose fault strikes nobody, or whose step waits in vain, is no success", async () => {
	const { control } = await rigOfTest({ clients: 2 }, { manners: { room: 2, rate: 2 } });
	const idle: Story = {
		id: "idle",
		title: "Nothing",
		about: "Nothing happens.",
		bite: { says: "pigs fly", holds: () => false },
		steps: [
			{
				id: "wait",
				caption: "Waiting.",
				act: () => [],
				until: { says: "hell freezes", holds: () => false },
				withinMs: 300,
			},
		],
	};
	const verdict = await runStory(idle, { control });
	expect(verdict.ok).toBe(false);
	expect(verdict.failures).toEqual([
		'"Waiting." waited 300 ms in vain: hell freezes.',
		"It struck nobody: pigs fly.",
	]);
});
