import { simulateFleet } from "holdfast/testing";
import { describe, expect, it } from "vitest";
import { runFleet } from "../../src/testing/fleet/run.js";
import { checkFleet } from "../../src/testing/fleet/settings.js";
import { STANDING } from "./cells.js";
import {
	ably,
	fullJitter,
	PEERS,
	partysocket,
	phoenix,
	type Schedule,
	scheduledClients,
	socketIo,
} from "./peers.js";

const delays = (schedule: Schedule, attempts: readonly number[], random: number): number[] =>
	attempts.map((attempt) => schedule({ attempt, outageMs: 0, random: () => random }));
const BASE = {
	clients: 5_000,
	seed: 1,
	acceptsPerSecond: 50,
	scenario: "cut-all",
	window: "none",
	limitMs: 1_000_000,
} as const;

function cutOff(schedule: Schedule, rejectCost: number) {
	const settings = checkFleet({ ...BASE, rejectCost });
	return runFleet(settings, scheduledClients(settings.clients, schedule));
}

describe("a schedule of another client", () => {
	it("socket.io: half of it is jitter, until it is cut off after it; past a thousand attempts it is 0", () => {
		expect(delays(socketIo, [1, 2, 3, 5], 0.25)).toEqual([875, 1_750, 3_500, 5_000]);
		expect(delays(socketIo, [1, 2, 3, 5], 0.15)).toEqual([1_075, 2_150, 4_300, 5_000]);
		expect(delays(socketIo, [1_100], 0.25)).toEqual([0]);
	});

	it("partysocket and phoenix: everybody at the same moments", () => {
		expect(delays(partysocket, [1, 2, 5, 6], 0.5).map(Math.round)).toEqual([
			3_000, 3_900, 8_568, 10_000,
		]);
		expect(delays(phoenix, [1, 2, 9, 10, 99], 0.5)).toEqual([10, 50, 2_000, 5_000, 5_000]);
	});

	it("ably: at once, then 15 to 30 s, and every 30 s after two minutes", () => {
		expect(delays(ably, [1, 2, 9], 0)).toEqual([0, 20_000, 30_000]);
		expect(ably({ attempt: 2, outageMs: 0, random: () => 0.5 })).toBe(18_000);
		expect(ably({ attempt: 6, outageMs: 110_000, random: () => 0.5 })).toBe(40_000);
		expect(ably({ attempt: 7, outageMs: 150_000, random: () => 0.5 })).toBe(30_000);
	});

	it("full jitter: uniform up to a cap that doubles to 30 s", () => {
		expect(delays(fullJitter, [1, 2, 5, 6, 60], 0.5)).toEqual([500, 1_000, 8_000, 15_000, 15_000]);
	});
});

describe("the stability law, r·N/(cap/2) < C", { timeout: 180_000 }, () => {
	it("is where full jitter with a cap of 30 s ends to recover", () => {
		// 333 dials a second: at 0.135 they cost 45 accepts of 50, at 0.165 it is 55.
		expect(cutOff(fullJitter, 0.135).all).toBeLessThan(8);
		const beyond = cutOff(fullJitter, 0.165);
		expect(beyond.all).toBeNull();
		expect(beyond.counts.connected).toBeLessThan(0.05 * BASE.clients);
	});

	it("is broken by every peer's schedule where a reject costs a fifth of an accept, and not by ours", () => {
		const back = Object.entries(PEERS).map(([name, schedule]) => [name, cutOff(schedule, 0.2).all]);
		expect(Object.fromEntries(back)).toEqual(
			Object.fromEntries(Object.keys(PEERS).map((name) => [name, null])),
		);
		const ours = simulateFleet({ ...BASE, rejectCost: 0.2, window: STANDING });
		expect(ours.all).toBeLessThanOrEqual(2.8);
	});
});
