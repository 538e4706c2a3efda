import { describe, expect, it } from "vitest";
import {
	CANARY_PAYLOAD,
	CANARY_TOKEN,
	canaryLogger,
	inspectLog,
	takeLeaks,
} from "../support/secrets.js";

/** Takes the leaks away again, or this file would fail for what it plants. */
function leaksOf(act: () => void): readonly string[] {
	takeLeaks();
	act();
	return takeLeaks();
}

describe("A planted secret is found", () => {
	it.each([
		["in a message", () => inspectLog(`token=${CANARY_TOKEN}`)],
		["deep in an object", () => inspectLog({ a: [{ b: { c: { d: CANARY_PAYLOAD } } }] })],
		["in the cause of an error", () => inspectLog(new Error("x", { cause: CANARY_TOKEN }))],
		["in base64", () => inspectLog(Buffer.from(`xy${CANARY_TOKEN}`).toString("base64"))],
		["in a logger's fields", () => canaryLogger().debug("frame", { data: CANARY_PAYLOAD })],
		["in a logger's event", () => canaryLogger().error(CANARY_TOKEN)],
	])("%s", (_where, act) => {
		expect(leaksOf(act)).toHaveLength(1);
	});

	it("on the console and on the standard streams", () => {
		const found = leaksOf(() => {
			console.debug("%s", CANARY_TOKEN);
			process.stderr.write(`${CANARY_PAYLOAD}\n`);
		});
		// What the console prints may pass the stream as well.
		expect(found.length).toBeGreaterThanOrEqual(2);
	});
});

describe("What is no secret is not reported", () => {
	it("an ordinary event with its fields", () => {
		expect(leaksOf(() => canaryLogger().info("dialed", { dialId: 1 }))).toEqual([]);
	});
});
