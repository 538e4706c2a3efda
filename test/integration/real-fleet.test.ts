/* The one law on real sockets, small: what `npm run fleet:real` measures with ten times as many. */
import { describe, expect, it } from "vitest";
import { type RealFleetOptions, runRealFleet } from "../fleet/real/real-fleet.js";

const CLIENTS = 200;
const RATE = 50;

const options: RealFleetOptions = {
	clients: CLIENTS,
	acceptsPerSecond: RATE,
	rejectCost: 0.2,
	strike: "kill",
	window: "told",
	welcomes: "renewed",
	processes: 2,
	stableAfterMs: 500,
	limitMs: 100_000,
};

/** More at any moment than the door may have let in by then: how many. */
const tooMany = (acceptedAt: readonly number[]): number =>
	Math.max(...acceptedAt.map((at, index) => index + 1 - (Math.ceil(at) * RATE) / 1_000));

describe("200 real clients, a gateway that takes in 50 a second", () => {
	it("killed without a word: all come back, and the door lets in no more than it can", async () => {
		const { backMs, touched, dials, counts } = await runRealFleet(options);
		expect(touched).toBe(CLIENTS);
		expect(backMs).toHaveLength(CLIENTS);
		// All dial at once, so most are turned away, and come back spread over the window.
		expect(counts.rejected).toBeGreaterThan(0);
		expect(counts.arrived).toBe(counts.rejected + counts.acceptedAt.length);
		expect(counts.acceptedAt.length).toBeGreaterThanOrEqual(CLIENTS);
		expect(tooMany(counts.acceptedAt)).toBeLessThanOrEqual(1);
		expect(dials).toBeGreaterThanOrEqual(counts.arrived);
	}, 180_000);

	it("restarted with its window announced: all come back, and hardly anybody is turned away", async () => {
		const { backMs, touched, counts } = await runRealFleet({ ...options, strike: "leave" });
		expect(touched).toBe(CLIENTS);
		expect(backMs).toHaveLength(CLIENTS);
		expect(counts.arrived).toBe(counts.rejected + counts.acceptedAt.length);
		expect(tooMany(counts.acceptedAt)).toBeLessThanOrEqual(1);
		// Unannounced it is about a hundred. A machine that stands still for seconds makes a few.
		expect(counts.rejected).toBeLessThan(CLIENTS / 4);
	}, 180_000);
});
