import { describe, expect, it } from "vitest";
import type { ElectionEffect, ElectionInput, Signal } from "../../src/share/contract.js";
import {
	dueAt,
	type ElectionState,
	initialElection,
	isInDoubt,
	transition,
} from "../../src/share/election.js";
import { LEASE_MS, MAX_TABS } from "../../src/share/election-state.js";
import { seededRandom } from "../../src/testing.js";

/** One tab, told of facts; the middle of the jitter everywhere. */
class Tab {
	state: ElectionState = initialElection({ visible: true });
	now = 1_000;
	effects: readonly ElectionEffect[] = [];

	given(...inputs: readonly ElectionInput[]): this {
		for (const input of inputs)
			[this.state, this.effects] = transition(this.state, input, "us", {
				now: this.now,
				random: () => 0.5,
			});
		return this;
	}

	heard(from: string, signal: Signal): this {
		return this.given({ type: "heard", from, signal });
	}

	/** The timer comes, on time or late. */
	due(lateMs = 0): this {
		this.now = dueAt(this.state) + lateMs;
		return this.given({ type: "ticked" });
	}

	get ordered(): readonly string[] {
		return this.effects.map((effect) => (effect.type === "say" ? effect.signal.type : effect.type));
	}
}

const opened: ElectionInput = { type: "opened" };
const granted: ElectionInput = { type: "granted" };
const beat = (term: number, isTired = false): Signal => ({
	type: "beat",
	term,
	leaseMs: LEASE_MS,
	isTired,
});
const hello: Signal = { type: "hello", visible: true };
const leading = (): Tab => new Tab().given(opened, granted);
const following = (isTired = false): Tab => new Tab().given(opened).heard("them", beat(1, isTired));
const succeeding = (): Tab => following(true).heard("them", { type: "yield", to: "us" });

describe("the election", () => {
	it.each<[string, () => Tab, string, readonly string[]]>([
		[
			"begins in the queue, and says so",
			() => new Tab().given(opened),
			"joining",
			["queue-for-lock", "hello"],
		],
		["leads when the lock is granted", leading, "leading", ["lead", "beat"]],
		["follows whoever beats", following, "following", ["follow", "hello"]],
		[
			"steals from a holder that says nothing",
			() => new Tab().given(opened).due(),
			"claiming",
			["steal-lock"],
		],
		[
			"steals from a leader that has fallen silent",
			() => following().due(),
			"claiming",
			["steal-lock"],
		],
		[
			"asks before it judges, when its own timer was late",
			() => following().due(5_000),
			"following",
			["hello"],
		],
		[
			"asks a tired leader for its place",
			() => following(true),
			"following",
			["follow", "hello", "want"],
		],
		["connects first when it is to succeed", succeeding, "succeeding", ["dial-beside"]],
		[
			"takes the lock once it is connected",
			() => succeeding().given({ type: "connected" }),
			"claiming",
			["steal-lock"],
		],
		[
			"gives up a dial that comes to nothing",
			() =>
				succeeding()
					.heard("them", { ...beat(1), leaseMs: 90_000 } as Signal)
					.due(),
			"joining",
			["give-up-dial", "queue-for-lock", "hello"],
		],
		[
			"stands alone where no lock is granted",
			() => new Tab().given(opened).due().due(),
			"alone",
			["bye", "drop-lock", "stand-alone"],
		],
		[
			"stands alone where the browser refuses locks",
			() => new Tab().given(opened, { type: "refused" }),
			"alone",
			["bye", "drop-lock", "stand-alone"],
		],
		[
			"steps down when the lock is taken",
			() => leading().given({ type: "taken" }),
			"joining",
			["step-down", "queue-for-lock", "hello"],
		],
		[
			"steps down before a higher term, whatever it holds",
			() => leading().heard("them", beat(2)),
			"joining",
			["drop-lock", "step-down", "queue-for-lock", "hello"],
		],
		[
			"tells a deposed leader who leads",
			() => leading().heard("them", beat(0)),
			"leading",
			["beat"],
		],
		[
			"lets go of all when frozen",
			() => leading().given({ type: "frozen" }),
			"frozen",
			["step-down", "bye", "drop-lock"],
		],
		[
			"joins anew when thawed",
			() => leading().given({ type: "frozen" }, { type: "thawed" }),
			"joining",
			["queue-for-lock", "hello"],
		],
		[
			"leaves at once when nobody follows",
			() => leading().given({ type: "leave-requested" }),
			"left",
			["bye", "drop-lock", "leave"],
		],
		[
			"asks a follower to succeed before it leaves",
			() => leading().heard("them", hello).given({ type: "leave-requested" }),
			"leading",
			["yield"],
		],
		[
			"leaves when its successor has the lock",
			() => leading().heard("them", hello).given({ type: "leave-requested" }, { type: "taken" }),
			"left",
			["leave"],
		],
		["sends nothing while in doubt", () => leading().due(5_000), "leading", ["pause", "hello"]],
		[
			"goes on when nobody else turns out to lead",
			() => leading().due(5_000).due(),
			"leading",
			["resume", "beat"],
		],
		[
			"lets go of a lock that comes too late",
			() => new Tab().given(opened).due().due().given(granted),
			"alone",
			["drop-lock"],
		],
	])("%s", (_, make, status, orders) => {
		const tab = make();
		expect([tab.state.status, tab.ordered]).toEqual([status, orders]);
	});

	it("lets two thirds of a lease pass unheard, and no beat of a lower term count", () => {
		const tab = following().heard("them", beat(3)).heard("old", beat(2));
		expect(tab.state).toMatchObject({ status: "following", leader: "them", term: 3 });
	});

	it("keeps no more than so many tabs, and tells the next that it is full", () => {
		const tab = leading();
		for (let n = 0; n < MAX_TABS; n += 1) tab.heard(`tab ${n}`, hello);
		expect(tab.ordered).toEqual(["beat"]);
		expect(tab.heard("one more", hello).ordered).toEqual(["full"]);
		expect(tab.heard("tab 7", hello).ordered).toEqual(["beat"]);
	});

	it("knows its own doubt by the clock alone, before any timer says so", () => {
		const tab = leading();
		expect(isInDoubt(tab.state, tab.now)).toBe(false);
		expect(isInDoubt(tab.state, tab.now + LEASE_MS + 1)).toBe(true);
	});
});

describe("over 20,000 random histories of a tab", () => {
	const SIGNALS: readonly ((n: number) => Signal)[] = [
		() => hello,
		() => ({ type: "bye" }),
		(n) => ({ ...beat(n % 5, n % 2 === 0), leaseMs: 1 + (n % 7) * 20_000 }) as Signal,
		() => ({ type: "want" }),
		(n) => ({ type: "yield", to: n % 2 === 0 ? "us" : "b" }),
		(n) => ({ type: "full", to: n % 9 === 0 ? "us" : "b" }),
	];
	const PLAIN = [
		"opened",
		"granted",
		"taken",
		"refused",
		"connected",
		"frozen",
		"thawed",
		"ticked",
	];

	function inputOf(random: () => number): ElectionInput {
		const n = Math.floor(random() * 1_000);
		const from = ["a", "b", "us"][Math.floor(random() * 3)] as string;
		const draw = random();
		if (draw < 0.45) {
			const signal = SIGNALS[Math.floor(random() * SIGNALS.length)]?.(n) as Signal;
			return { type: "heard", from, signal };
		}
		if (draw < 0.5) return { type: "looked", visible: n % 2 === 0 };
		if (draw < 0.51) return { type: "leave-requested" };
		return { type: PLAIN[n % PLAIN.length] } as ElectionInput;
	}

	it("dials by itself only while it may, serves only under the lock, and is never parked", () => {
		const random = seededRandom(2_026);
		const seen = new Set<string>();
		const breaches = new Set<string>();
		for (let history = 0; history < 20_000; history += 1) {
			let state = initialElection({ visible: true });
			let now = 0;
			let holds: "lock" | "wish" | "nothing" = "nothing";
			let dials: "own" | "none" = "none";
			for (let step = 0; step < 20; step += 1) {
				now += random() * 2_000;
				const input = inputOf(random);
				// A lock is granted to who wished for it, and taken from who has it.
				if (input.type === "granted" && holds !== "wish") continue;
				if (input.type === "taken" && holds !== "lock") continue;
				if (input.type === "granted") holds = "lock";
				if (input.type === "taken") holds = "nothing";
				const [next, effects] = transition(state, input, "us", { now, random });
				for (const { type } of effects) {
					if (type === "queue-for-lock" || type === "steal-lock") holds = "wish";
					if (type === "drop-lock" || type === "leave") holds = "nothing";
					if (type === "dial-beside" || type === "lead" || type === "stand-alone") dials = "own";
					if (type === "give-up-dial" || type === "step-down" || type === "leave") dials = "none";
				}
				state = next;
				const { status } = state;
				seen.add(status);
				const is = `${status} after ${input.type}, ${holds}, ${dials}`;
				if (status === "leading" && (holds !== "lock" || dials !== "own")) breaches.add(is);
				const isOthers = status === "following" || status === "joining" || status === "frozen";
				if (isOthers && dials !== "none") breaches.add(is);
				if (status === "following" && holds !== "wish") breaches.add(is);
				const isAtRest = ["idle", "frozen", "left", "alone"].includes(status);
				if ((dueAt(state) === Number.POSITIVE_INFINITY) !== isAtRest) breaches.add(is);
			}
		}
		expect([...breaches]).toEqual([]);
		expect([...seen].sort()).toEqual(
			[
				"alone",
				"claiming",
				"following",
				"frozen",
				"idle",
				"joining",
				"leading",
				"left",
				"succeeding",
			].sort(),
		);
	});
});
