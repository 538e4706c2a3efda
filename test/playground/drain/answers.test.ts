/* What a drain does to the answers of DNS: the decision of the server, on the edge's own zones. */
import { describe, expect, it } from "vitest";
import type { Drain, Target } from "../../../playground/edge/drain/contract.js";
import { sharesOf } from "../../../playground/edge/drain/shares.js";
import { idOf } from "../../../playground/edge/drain/target.js";
import { desk, EDGE, POPS, popOf } from "../dns/asking.js";

const ZONES = POPS.flatMap(({ name: pop, addresses }) =>
	addresses.map((address, at) => ({ pop, zone: `${pop}-${"ab"[at]}`, address })),
);
const DUBLIN = "127.0.1.0/24";
const QUERIES = 10_000;

const drained = (target: Partial<Target>, percent = 100): Drain => {
	const whole: Target = { pop: "DUB", zone: null, service: null, ...target };
	return {
		...{ id: idOf(whole), target: whole, by: "hand", reason: "a test" },
		pace: { stepPercent: 1, everyMs: 1_000 },
		stage:
			percent === 0
				? { is: "undraining", percent, nextAt: 0 }
				: { is: "draining", percent, nextAt: 0 },
	};
};

/** Addresses of all answers to a name, as Dublin gets them. */
function answers(drains: readonly Drain[], label: string, count = 200): readonly string[][] {
	const { ask, live } = desk([EDGE.parent, ...EDGE.chains]);
	for (const [pop, shares] of Object.entries(sharesOf(drains, ZONES)))
		live.set(pop, { drained: shares });
	return Array.from({ length: count }, () =>
		ask({ name: `${label}.edge.test`, subnet: DUBLIN }).answers.map(({ data }) => String(data)),
	);
}

const popsOf = (replies: readonly string[][]) =>
	[...new Set(replies.map(([first]) => popOf(first)))].sort();

describe("a PoP that is drained", () => {
	it.each([0, 1, 10, 50, 99, 100])(
		"at %i %% leads that share of 10,000 newcomers to the next one",
		(percent) => {
			const replies = answers([drained({}, percent)], "wss-primary", QUERIES);
			expect(popsOf(replies).every((pop) => pop === "DUB" || pop === "LHR")).toBe(true);
			const away = replies.filter(([first]) => popOf(first) !== "DUB").length / QUERIES;
			expect(Math.abs(away - percent / 100)).toBeLessThanOrEqual(percent % 100 === 0 ? 0 : 0.015);
		},
	);

	it.each(["wss-primary", "wss-backup", "api", "www"])("is in no answer for %s", (label) =>
		expect(popsOf(answers([drained({})], label))).not.toContain("DUB"),
	);

	it("for one service is there for the others", () => {
		const drains = [drained({ service: "primary" })];
		expect(popsOf(answers(drains, "wss-primary"))).toEqual(["LHR"]);
		expect(popsOf(answers(drains, "wss-backup"))).toContain("DUB");
		expect(popsOf(answers(drains, "api"))).toEqual(["DUB"]);
	});

	it("is named all the same where nothing else is left: the chain fails open", () => {
		const drains = POPS.map(({ name }) => drained({ pop: name }));
		expect(popsOf(answers(drains, "wss-primary"))).toEqual(["DUB"]);
	});
});

describe("a zone that is drained", () => {
	it("is missing among its PoP's addresses, for its share of the newcomers", () => {
		const all = answers([drained({ zone: "DUB-a" })], "wss-primary");
		expect(all.every((each) => each.join() === "127.0.10.2")).toBe(true);
		const half = answers([drained({ zone: "DUB-a" }, 50)], "wss-primary", QUERIES);
		const without = half.filter((each) => each.length === 1).length / QUERIES;
		expect(Math.abs(without - 0.5)).toBeLessThanOrEqual(0.02);
		expect(half.every((each) => each.includes("127.0.10.2"))).toBe(true);
	});

	it("and the other one too: nobody is led to the PoP", () => {
		const drains = [drained({ zone: "DUB-a" }), drained({ zone: "DUB-b" })];
		expect(popsOf(answers(drains, "wss-primary"))).toEqual(["LHR"]);
	});
});
