/* E11: a migration in virtual time: its steps, its gate, and what DNS makes of its weights. */
import { describe, expect, it } from "vitest";
import { armsOf } from "../../../playground/edge/migration/arms.js";
import type {
	ArmName,
	ArmSeen,
	Arms,
	MigrationEntry,
	MigrationState,
} from "../../../playground/edge/migration/contract.js";
import { faultsOf } from "../../../playground/edge/migration/gate.js";
import { percentOf, transition } from "../../../playground/edge/migration/machine.js";
import { MIGRATION_POLICY } from "../../../playground/edge/migration/policy.js";
import { activeUsers } from "../../../playground/edge/migration/users.js";
import type { Visitor } from "../../../playground/edge/pop/socket-watch.js";
import { seededRandom } from "../../../src/testing/seeded-random.js";
import { desk, EDGE, POPS, popOf } from "../dns/asking.js";

const POLICY = MIGRATION_POLICY;
const HEADERS = ["cache-control: no-store", "content-type: text/plain"];
const WELL: ArmSeen = {
	...{ asked: 40, failed: 0, timedOut: 0, p95Ms: 20 },
	...{ headers: HEADERS, users: 100, active: 90, newcomers: 0 },
};
const BOTH: Arms = { old: WELL, new: WELL };

class Rig {
	state: MigrationState = { is: "idle" };
	arms: Arms | null = BOTH;
	now = 0;
	readonly audit: (MigrationEntry & { readonly at: number })[] = [];
	/** Who was asked to leave. */
	readonly goodbyes: ArmName[] = [];

	give(is: "seen" | "migrate" | "roll-back"): string | null {
		const decided = transition(this.state, { is }, this.arms, POLICY, this.now);
		this.state = decided.state;
		this.audit.push(...decided.audit.map((each) => ({ ...each, at: this.now })));
		if (decided.goodbye !== null) this.goodbyes.push(decided.goodbye);
		return decided.refusal;
	}

	/** Two looks a second. */
	pass(ms: number): void {
		for (const end = this.now + ms; this.now < end; ) {
			this.now += 500;
			this.give("seen");
		}
	}

	get percent(): number {
		return percentOf(this.state, POLICY);
	}
}

describe("a migration", () => {
	it("goes by 0, 10, 25, 50, 75 and 100 percent, each held for its time, and is done", () => {
		const rig = new Rig();
		expect(rig.give("migrate")).toBeNull();
		rig.pass(10 * POLICY.dwellMs);
		expect(rig.state).toEqual({ is: "done" });
		expect(rig.audit.map(({ what, percent, at }) => [what, percent, at / POLICY.dwellMs])).toEqual([
			["migrate", 0, 0],
			["step", 10, 1],
			["step", 25, 2],
			["step", 50, 3],
			["step", 75, 4],
			["step", 100, 5],
			["migrated", 100, 6],
		]);
		expect(rig.goodbyes).toEqual(["old"]);
	});

	it("asks nobody to leave the new arm but in a rollback", () => {
		const rig = new Rig();
		rig.give("migrate");
		rig.pass(3 * POLICY.dwellMs);
		expect(rig.goodbyes).toEqual([]);
		rig.give("roll-back");
		expect(rig.goodbyes).toEqual(["new"]);
	});

	it.each<[string, Partial<ArmSeen>, string]>([
		["another header", { headers: [...HEADERS, "x-new: 1"] }, "headers: +x-new: 1"],
		[
			"a header that is missing",
			{ headers: HEADERS.slice(1) },
			"headers: −cache-control: no-store",
		],
		["timeouts", { timedOut: 8 }, "timeouts: 20 % more than the old arm"],
		["errors", { failed: 8 }, "errors: 20 % more than the old arm"],
		["a slower answer", { p95Ms: 131 }, "latency: p95 131 ms, the old arm's is 20 ms"],
		[
			"lost users",
			{ active: 60 },
			"users: 30 % fewer are active: 60 of 100, and 90 of 100 behind the old arm",
		],
	])("halts within 10 s of %s at any step, and rolls back by one order", (_, changes, why) => {
		for (const step of POLICY.steps.keys()) {
			const rig = new Rig();
			rig.give("migrate");
			rig.pass(step * POLICY.dwellMs + 1_000);
			const { percent, now } = rig;
			expect(percent).toBe(POLICY.steps[step]);
			// What is seen is of a window: a fault fills it little by little, and is whole by its end.
			rig.pass(POLICY.windowMs);
			rig.arms = { ...BOTH, new: { ...WELL, ...changes } };
			rig.pass(5_000);
			expect(rig.state).toEqual({ is: "halted", step, reasons: [why] });
			expect((rig.audit.at(-1)?.at ?? 0) - now).toBeLessThanOrEqual(10_000);
			rig.pass(600_000);
			expect(rig.percent).toBe(percent);
			expect(rig.give("migrate")).toContain("has halted: roll it back");
			expect(rig.give("roll-back")).toBeNull();
			expect(rig.percent).toBe(0);
			expect(rig.give("roll-back")).toContain("nothing to roll back");
		}
	});

	it("is not halted by one bad look, but waits for its time anew", () => {
		const rig = new Rig();
		rig.give("migrate");
		rig.pass(POLICY.dwellMs - 500);
		rig.arms = { ...BOTH, new: { ...WELL, failed: 40 } };
		rig.pass(500);
		rig.arms = BOTH;
		rig.pass(POLICY.dwellMs - 500);
		expect(rig.percent).toBe(0);
		rig.pass(500);
		expect(rig.percent).toBe(10);
	});

	it("is not halted by what both arms have in common, or of which too little is known", () => {
		const ill = { ...WELL, failed: 20, timedOut: 20, p95Ms: 900, active: 10 };
		expect(faultsOf({ old: ill, new: ill }, POLICY, 0)).toEqual([]);
		const few: ArmSeen = { ...ill, asked: 9, users: 19 };
		expect(faultsOf({ old: WELL, new: few }, POLICY, 0)).toEqual([]);
		expect(faultsOf({ old: { ...WELL, headers: null }, new: WELL }, POLICY, 0)).toEqual([]);
	});

	it("is halted where newcomers are led to the new arm, and none of them comes through it", () => {
		const rig = new Rig();
		rig.give("migrate");
		rig.pass(2 * POLICY.dwellMs + 1_000);
		const came = (old: number, fresh: number): Arms => ({
			old: { ...WELL, newcomers: old },
			new: { ...WELL, newcomers: fresh },
		});
		// At 25 %, where caches may still hold the 10 % before.
		rig.arms = came(900, 100);
		rig.pass(2_000);
		expect(rig.state).toMatchObject({ is: "moving", step: 2, bad: 0 });
		rig.arms = came(400, 0);
		rig.pass(1_000);
		expect(rig.state).toEqual({
			is: "halted",
			step: 2,
			reasons: ["newcomers: 0 of 400 came by the new arm, 10 % were led there"],
		});
	});

	it("is not halted by few newcomers, or by chance: 1,000 times 400 of them, at every step", () => {
		const random = seededRandom(67);
		for (const percent of [0, 10, 25, 50, 75])
			for (let times = 0; times < 1_000; times++)
				for (const all of [1, 20, 400]) {
					let fresh = 0;
					for (let each = 0; each < all; each++) if (random() < percent / 100) fresh += 1;
					const old = { ...WELL, newcomers: all - fresh };
					const arms = { old, new: { ...WELL, newcomers: fresh } };
					expect(faultsOf(arms, POLICY, percent)).toEqual([]);
				}
	});
});

describe("the business count", () => {
	const visitor = (user: string | null, arm: ArmName, saidAt: number, openedAt = 0): Visitor => ({
		...{ role: "primary", user, arm, saidAt, openedAt },
	});

	it("counts distinct users by the arm through which each was heard last, and nobody twice", () => {
		const visitors = [
			visitor("ada", "old", 10),
			visitor("ada", "new", 12),
			visitor("bob", "old", 11),
			visitor("bob", "old", 11),
			visitor("eve", "old", 4),
			visitor(null, "new", 12),
			// One who has just come, and one who moves: neither says anything of his arm yet.
			visitor("sue", "new", 12, 6),
			visitor("tom", "old", 8),
			visitor("tom", "new", 12, 9),
		];
		expect(activeUsers(visitors, 5)).toEqual({ old: 1, new: 1 });
		expect(activeUsers([], 5)).toEqual({ old: 0, new: 0 });
	});
});

describe("DNS", () => {
	const dublin = POPS.find(({ name }) => name === "DUB");
	if (dublin === undefined) throw new Error("There is no Dublin.");
	const [first, last] = dublin.addresses;
	const answers = (percent: number, drained = {}): readonly string[] => {
		const { ask, live } = desk([EDGE.parent, ...EDGE.chains]);
		live.set("DUB", { arms: armsOf(dublin, percent), drained });
		return Array.from({ length: 10_000 }, () =>
			ask({ name: "wss-primary.edge.test", subnet: "127.0.1.0/24" })
				.answers.map(({ data }) => String(data))
				.join(),
		);
	};

	it.each(POLICY.steps)(
		"at %i %% leads 10,000 newcomers to the new arm within three points of it",
		(percent) => {
			const all = answers(percent);
			expect(all.every((each) => each === first || each === last)).toBe(true);
			const share = (100 * all.filter((each) => each === last).length) / all.length;
			expect(Math.abs(share - percent)).toBeLessThanOrEqual(percent % 100 === 0 ? 0 : 3);
		},
	);

	it("leads to the other arm where one is drained, and nowhere else", () => {
		const drained = { primary: { whole: 0, addresses: { [String(last)]: 1 } } };
		expect(new Set(answers(100, drained))).toEqual(new Set([first]));
	});

	it("gives the one address of a PoP that has no second, whatever the weights", () => {
		const { ask, live } = desk([EDGE.parent, ...EDGE.chains]);
		const one = { addresses: ["127.0.40.1"] };
		live.set("IAD", { arms: armsOf(one, 100) });
		for (const { name } of POPS) if (name !== "IAD") live.set(name, { up: false });
		const { answers: given } = ask({ name: "wss-primary.edge.test", subnet: "127.0.1.0/24" });
		expect(given.map(({ data }) => popOf(data))).toEqual(["IAD"]);
	});
});
