/* A story, run without a page: a small fleet, a verdict, and what must be true of it. */
import { expect } from "vitest";
import type { Story, Verdict } from "../../../playground/edge/stories/contract.js";
import { runStory } from "../../../playground/edge/stories/run-story.js";
import { STORIES } from "../../../playground/edge/stories/stories.js";
import { startRig } from "./edge-rig.js";

export const CLIENTS = 20;

/** On an edge of its own, with twenty clients, two rooms of ten. */
export async function tell(id: string): Promise<Verdict> {
	const story = STORIES.find((each) => each.id === id) as Story;
	const rig = await startRig({ clients: CLIENTS, cdnRoot: "playground/page" });
	try {
		return await runStory(story, { control: rig.control });
	} finally {
		await rig.stop();
	}
}

/** It ran to its end, its fault struck, and over enough messages nothing went wrong. */
export function expectFlawless(verdict: Verdict): void {
	expect(verdict.failures).toEqual([]);
	const flawless = { lost: 0, repeated: 0, outOfOrder: 0, late: 0, altered: 0 };
	expect(verdict).toMatchObject({ ok: true, clients: CLIENTS, ...flawless });
	expect(verdict.messages).toBeGreaterThanOrEqual(CLIENTS * Math.floor(verdict.seconds));
}
