/* The document: what is in it, and that what failed is not hidden. */
import { describe, expect, it } from "vitest";
import type { Finding } from "./contract.js";
import { type About, toCharts, toJson, toReport } from "./report.js";

const ABOUT: About = {
	settings: {
		...{ clients: 1_000, rate: 0.15, acceptRate: 100, updates: 104, everyMs: 300 },
		...{ withinMs: 20_000, steadyMs: 100_000, dwellMs: 6_000, calmMs: 6_000 },
	},
	proxies: ["envoy 1.40.0"],
	command: "npm run edge:report -- --write",
	machine: "a machine",
	minutes: 9,
};
const SPREAD = { count: 300, p50: 1_234, p90: 2_000, p99: 2_500, max: 3_000 };
const FINDING: Finding = {
	trouble: {
		name: "pop-kill",
		title: "A PoP is killed",
		about: "It is gone.",
		world: "envoy",
		kind: "sudden",
	},
	...{ clients: 1_000, struck: 334, seconds: 20, outages: 334 },
	bites: [{ says: "DUB had clients", holds: true }],
	counts: {
		...{ stored: 3_000, unstored: 0, delivered: 30_000, lost: 0, repeated: 0 },
		...{ outOfOrder: 0, late: 0, altered: 0 },
	},
	causes: { "connection-lost: close 1006": 334 },
	...{ without: SPREAD, fromLoss: SPREAD, fromDial: SPREAD, fromStrike: SPREAD, onBackup: 200 },
	...{ wholeMs: 3_340, unit: { clients: 334, accepts: 200 }, whole: 2, overlapMs: null },
	sockets: { fewest: 666, most: 1_000 },
	arrivals: [300, 34],
	curve: [
		[1, 0.5],
		[3, 1],
	],
	lengths: [[1, 1]],
	...{ failures: [], remarks: [] },
};
const MOVE: Finding = {
	...FINDING,
	trouble: { ...FINDING.trouble, name: "deploy", title: "A deploy", kind: "planned" },
	...{ outages: 0, without: null, fromLoss: null, fromDial: null, fromStrike: null, causes: {} },
	...{ overlapMs: 250, sockets: { fewest: 1_000, most: 1_100 } },
};

describe("the report", () => {
	it("has each sudden trouble's spread, the time until all are back, and the multiple of N/C", () => {
		const text = toReport([FINDING, MOVE], ABOUT);
		expect(text).toContain(
			"| A PoP is killed | 334 | 1.23 | 2.00 | 2.50 | 3.00 | 1.23 / 2.50 | 1.23 / 2.50 | 200 | 3.34 | 334 ÷ 200 = 1.67 s | 2.00 |",
		);
		expect(text).toContain("All 2 troubles struck, and cost no message.");
		expect(text).toContain('334 × "connection-lost: close 1006"');
	});

	it("has each planned move's fewest sockets and overlap", () => {
		expect(toReport([MOVE], ABOUT)).toContain(
			"| A deploy | 334 | 0 | 1000 to 1100 | 0.25 | 300 | 3.34 | 334 ÷ 200 = 1.67 s | 2.00 |",
		);
	});

	it("says first that something failed, and which requirement is missed", () => {
		const text = toReport([{ ...FINDING, failures: ["lost: 3. a skipped 4"] }], ABOUT);
		expect(text).toContain("**1 of 1 failed**");
		expect(text).toContain("- **pop-kill** failed: lost: 3. a skipped 4");
		expect(text).toMatch(/\| S7 \| a refused PoP: .* \| 1\.23 s; 200 of 334 .* \| \*\*no\*\* \|/);
	});

	it("has charts of those that have something to draw, and links to each of them", () => {
		const charts = toCharts([FINDING, MOVE]);
		for (const [name, svg] of Object.entries(charts)) {
			expect(toReport([FINDING, MOVE], ABOUT)).toContain(`](${name})`);
			expect(svg).toMatch(/^<svg /);
		}
		expect(charts["real-edge-back.svg"]).toContain("pop-kill");
		expect(charts["real-edge-back.svg"]).not.toContain("deploy");
		expect(charts["real-edge-moves.svg"]).toContain("deploy");
	});

	it("is JSON too", () => {
		expect(JSON.parse(toJson([FINDING], ABOUT))).toMatchObject({
			command: ABOUT.command,
			findings: [{ trouble: { name: "pop-kill" }, whole: 2 }],
		});
	});
});
