import { isRealtimeError } from "holdfast";
import {
	type FleetOptions,
	type FleetReport,
	type FleetScenario,
	simulateFleet,
} from "holdfast/testing";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { DueQueue } from "../../src/testing/fleet/due-queue.js";
import { Gate } from "../../src/testing/fleet/gate.js";
import { ANNOUNCED, announced, type Cell, low, none, STANDING, standing } from "../fleet/cells.js";

/** N/C is 100 s, as in S28. */
const SMALL: FleetOptions = {
	clients: 2_000,
	seed: 5,
	acceptsPerSecond: 20,
	rejectCost: 0.2,
	scenario: "cut-all",
	window: ANNOUNCED,
};
/** The same law at a fifth of the cost, for what does not need many. */
const FEW: FleetOptions = { ...SMALL, clients: 400, acceptsPerSecond: 4 };
const SCENARIOS: readonly FleetScenario[] = [
	"cut-all",
	"endpoint-down",
	"rolling-drain",
	"flap",
	"region-blip",
	"boot-storm",
];
const small = (changed: Partial<FleetOptions>): FleetReport =>
	simulateFleet({ ...SMALL, ...changed });
const few = (changed: Partial<FleetOptions>): FleetReport => simulateFleet({ ...FEW, ...changed });

/** They compute for up to two seconds, and machines that run tests have other work. */
const PATIENT = { timeout: 180_000 };

/** A quarter of the clients at a quarter of the rate: N/C and the law are the same, the cost is not. */
const quarter = ({ name, options, ...limits }: Cell): Cell => ({
	...limits,
	name: `${name}, N = 5,000`,
	options: {
		...options,
		clients: options.clients / 4,
		acceptsPerSecond: options.acceptsPerSecond / 4,
	},
});

describe("S28: a fleet of 20,000 that is cut off, at 200 accepts a second", PATIENT, () => {
	// The rest of the table, and the last three at full size: npm run fleet -- --parts table
	const cells = [...announced.slice(3), ...low.slice(3), ...standing, ...none.map(quarter)];
	it.each(cells)("is back in time: $name", ({ options, all, attempts }) => {
		const report = simulateFleet(options);
		expect(report.all).not.toBeNull();
		expect(report.all).toBeLessThanOrEqual(all);
		expect(report.attemptsPerClient).toBeLessThanOrEqual(attempts ?? Number.POSITIVE_INFINITY);
	});

	it("arrives below capacity where the window is announced, and a hundred times above where it is not", () => {
		expect(small({}).peakArrivalsOverCapacity).toBeLessThan(1.5);
		expect(small({ window: STANDING }).peakArrivalsOverCapacity).toBeGreaterThan(50);
	});
});

describe("a fleet report", PATIENT, () => {
	it.each(SCENARIOS)("is the same from the same seed, and another from another: %s", (scenario) => {
		const options = { scenario, window: STANDING } as const;
		const report = few(options);
		expect(few(options)).toEqual(report);
		expect(few({ ...options, seed: 6 })).not.toEqual(report);
	});

	it.each(SCENARIOS)("loses sight of no client and of no dial: %s", (scenario) => {
		for (const limitMs of [20_000, 5_000_000]) {
			const { counts, timeline, all } = few({ scenario, window: STANDING, limitMs });
			expect(counts.connected + counts.away).toBe(FEW.clients);
			const { welcomed, rejected, refused, abandoned, pending } = counts;
			expect(welcomed + rejected + refused + abandoned + pending).toBe(counts.attempts);
			expect(timeline.at(-1)?.connected).toBe(counts.connected);
			expect(all === null).toBe(counts.away > 0 || limitMs === 20_000);
		}
	});

	it("counts each dial that reached a server in one step of its timeline", () => {
		const { counts, timeline } = small({ window: STANDING });
		expect(timeline.reduce((sum, { arrivals }) => sum + arrivals, 0)).toBe(counts.attempts);
		expect(timeline.map(({ atMs }) => atMs)).toEqual(timeline.map((_, step) => (step + 1) * 1_000));
	});

	it("says so where they are not back within the limit", () => {
		const report = few({ window: "none", rejectCost: 1, limitMs: 300_000 });
		expect(report).toMatchObject({ p50: Number.POSITIVE_INFINITY, all: null });
		expect(report.counts.away).toBeGreaterThan(FEW.clients / 2);
		expect(report.timeline.at(-1)?.atMs).toBeLessThanOrEqual(301_000);
	});

	it("needs no time and one dial for a client alone", () => {
		const { all, attemptsPerClient } = small({ clients: 1, window: "none", limitMs: 60_000 });
		expect(attemptsPerClient).toBe(1);
		// 500 ms at most and the accept itself, in units of 50 ms.
		expect(all).toBeLessThanOrEqual(11);
	});
});

describe("a scenario", PATIENT, () => {
	it("rolling-drain, announced: moves everybody without a moment offline", () => {
		const { timeline, counts } = small({ scenario: "rolling-drain" });
		expect(Math.min(...timeline.map(({ connected }) => connected))).toBe(SMALL.clients);
		expect(counts).toMatchObject({ touched: SMALL.clients, away: 0, abandoned: 0 });
	});

	it("rolling-drain, unannounced: takes each gateway's clients offline in turn", () => {
		const { timeline } = small({ scenario: "rolling-drain", window: STANDING });
		const least = Math.min(...timeline.map(({ connected }) => connected));
		expect(least).toBeLessThan(SMALL.clients);
		expect(least).toBeGreaterThan(SMALL.clients / 2);
	});

	it("endpoint-down: is refused by the primary, and ends on the backup", () => {
		const { counts, all } = small({ scenario: "endpoint-down" });
		expect(counts).toMatchObject({ connected: SMALL.clients, welcomed: SMALL.clients });
		expect(counts.refused).toBeGreaterThanOrEqual(SMALL.clients);
		expect(all).toBeLessThanOrEqual(1.25);
	});

	it("flap: cuts off again those who were back, and begins no outage anew", () => {
		const { counts, timeline } = small({ scenario: "flap" });
		expect(counts.welcomed).toBeGreaterThan(1.5 * SMALL.clients);
		expect([50, 100].map((step) => timeline[step]?.connected ?? -1).every((n) => n < 100)).toBe(
			true,
		);
		expect(counts.connected).toBe(SMALL.clients);
	});

	it("region-blip: touches a quarter, whose dials end at their deadline until the network is back", () => {
		const { counts, timeline } = small({ scenario: "region-blip", window: STANDING });
		expect(counts).toMatchObject({ touched: SMALL.clients / 4, connected: SMALL.clients });
		expect(counts.abandoned).toBeGreaterThan(0);
		const early = timeline.filter(({ atMs }) => atMs < 20_000);
		expect(early.every(({ connected, arrivals }) => connected === 1_500 && arrivals === 0)).toBe(
			true,
		);
	});

	it("boot-storm: begins with nobody, and no window that could help", () => {
		const standing = few({ scenario: "boot-storm", window: STANDING });
		expect(standing.timeline[0]?.connected).toBeLessThan(FEW.clients / 4);
		expect(standing.counts.connected).toBe(FEW.clients);
		expect(standing.attemptsPerClient).toBe(
			few({ scenario: "boot-storm", window: "none" }).attemptsPerClient,
		);
	});

	it("takes the client's own policy", () => {
		const policy = { firstRedialWindowMs: 120_000 };
		const { attemptsPerClient } = small({ window: "none", policy });
		expect(attemptsPerClient).toBeLessThan(1.05);
	});
});

describe("options of a fleet that make no sense", () => {
	const NONSENSE: Readonly<Record<string, unknown>> = {
		"no options": null,
		"no clients": { clients: 0 },
		"half a client": { clients: 1.5 },
		"more clients than memory": { clients: 1e9 },
		"a seed that is no integer": { seed: Number.NaN },
		"no capacity": { acceptsPerSecond: 0 },
		"endless capacity": { acceptsPerSecond: Number.POSITIVE_INFINITY },
		"a negative cost": { rejectCost: -0.1 },
		"a reject that costs more than an accept": { rejectCost: 1.1 },
		"an unknown scenario": { scenario: "meteor" },
		"a scenario that every object has": { scenario: "toString" },
		"a window that is a number": { window: 1.2 },
		"a window of nothing": { window: { multiple: 0, announced: true } },
		"a window that may be announced": { window: { multiple: 1, announced: "yes" } },
		"no window at all": { window: null },
		"an announced blip": { scenario: "region-blip" },
		"an announced boot": { scenario: "boot-storm" },
		"no time": { limitMs: 0 },
		"a policy that the client would refuse": { policy: { baseMs: -1 } },
	};

	it.each(Object.entries(NONSENSE))("%s: invalid-option, at the call", (_, changed) => {
		const options = changed === null ? null : { ...SMALL, ...(changed as Partial<FleetOptions>) };
		let error: unknown;
		try {
			simulateFleet(options as FleetOptions);
		} catch (reason) {
			error = reason;
		}
		expect(isRealtimeError(error) && error.code).toBe("invalid-option");
	});
});

describe("a gate", () => {
	it("works off accepts in turn, and turns away once two seconds of work wait", () => {
		const gate = new Gate(10, 0.5);
		const answers = Array.from({ length: 23 }, () => gate.arrive(1_000));
		expect(answers.slice(0, 3)).toEqual([1_100, 1_200, 1_300]);
		expect(answers.filter(Number.isFinite)).toHaveLength(21);
		// 21 accepts and 2 rejects of half the cost: 2.2 s of work.
		expect(gate.arrive(1_199)).toBe(Number.POSITIVE_INFINITY);
		expect(gate.arrive(1_250)).toBeCloseTo(3_350);
	});

	it("forgets what waited when it restarts", () => {
		const gate = new Gate(10, 0);
		for (let client = 0; client < 50; client++) gate.arrive(0);
		gate.restart();
		expect(gate.arrive(5)).toBe(105);
	});
});

describe("a due queue", () => {
	it("gives whoever is due first, of two the lower number, as a sorted list does", () => {
		const random = seededRandom(9);
		const queue = new DueQueue(50);
		const due = new Map<number, number>();
		for (let turn = 0; turn < 20_000; turn++) {
			const client = Math.floor(random() * 50);
			const at = random() < 0.2 ? Number.POSITIVE_INFINITY : Math.floor(random() * 100);
			queue.set(client, at);
			if (Number.isFinite(at)) due.set(client, at);
			else due.delete(client);
			const [first = [-1, Number.POSITIVE_INFINITY]] = [...due].sort(
				([a, x], [b, y]) => x - y || a - b,
			);
			expect([queue.first, queue.firstAt]).toEqual(first);
		}
	});
});
