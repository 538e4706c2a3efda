/* The story that takes longest: links have to be old enough that their loss is no flapping. */
import { expect, it } from "vitest";
import { expectFlawless, tell } from "./story-rig.js";

it("a thundering herd, with and without the window", async () => {
	const verdict = await tell("herd");
	expectFlawless(verdict);
	const [, , without, , spread] = verdict.steps.map(({ arrivals }) => arrivals);
	expect(spread).toBeLessThanOrEqual(0.7 * (without as number));
}, 180_000);
