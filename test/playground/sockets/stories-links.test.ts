/* Stories of links that end: all at once, and so that nobody notices. */
import { it } from "vitest";
import { expectFlawless, tell } from "./story-rig.js";

const PATIENCE_MS = 180_000;

it(
	"both endpoints gone: degraded mode",
	async () => expectFlawless(await tell("degraded")),
	PATIENCE_MS,
);

it("a deploy nobody notices", async () => expectFlawless(await tell("deploy")), PATIENCE_MS);
