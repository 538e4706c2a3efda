/* What the page can do to the edge, and how it shows it. */
import { describe, expect, it } from "vitest";
import type { EdgeState, PopState, Sample } from "../../../playground/edge/control/contract.js";
import type { ProxyFacts } from "../../../playground/edge/control/proxy-facts.js";
import { readAction } from "../../../playground/edge/control/read-action.js";
import { curve, endOf, placeOf } from "../../../playground/page/edge/places.js";
import { proxyLines } from "../../../playground/page/edge/proxy-words.js";
import {
	addSample,
	agoWords,
	rowsOf,
	samplesWords,
} from "../../../playground/page/edge/samples.js";
import { faultsOf, HEAL, partsOf } from "../../../playground/page/edge/verbs.js";
import { verdictWords } from "../../../playground/page/stories/verdict.js";

const HEALTHY = { door: "open", links: "pass", delayMs: 0, lossShare: 0 } as const;

const NONE = { served: 0, shed: 0 };

const pop = (name: string, change: Partial<PopState> = {}): PopState => ({
	name,
	city: name,
	place: "IE",
	isMain: name === "IAD",
	is: "up",
	sockets: { primary: 0, backup: 0, arrivals: 0 },
	balancers: [balancer()],
	link: name === "IAD" ? null : { ...balancer(), isLogNear: true },
	upgrades: "pass",
	admission: { boot: NONE, resume: NONE, poll: NONE },
	gateways: [],
	dns: { up: true, by: "monitor", load: 0 },
	health: { ok: true, detail: "200", at: null },
	...change,
});

function balancer(conditions: Partial<PopState["balancers"][number]["conditions"]> = {}) {
	const bytes = { up: 0, down: 0 };
	const counts = { address: "127.0.1.10", connections: 0, accepted: 0, bytes };
	return { ...counts, conditions: { ...HEALTHY, ...conditions } };
}

const state = (change: Partial<EdgeState> = {}): EdgeState =>
	({
		pops: ["DUB", "FRA", "LHR", "IAD"].map((name) => pop(name)),
		names: { primary: { name: "p", up: true }, backup: { name: "b", up: true } },
		api: { up: true, polls: 0, publishes: 0 },
		dns: { fault: { is: "none" }, asked: 0, unanswered: 0, answers: {} },
		cdns: [{ name: "primary", origin: "http://a", faults: [], requests: 0 }],
		sockets: { primary: 3, backup: 2, polling: 1, arrivals: 0 },
		migration: { state: { is: "idle" } },
		at: 0,
		...change,
	}) as EdgeState;

const parts = partsOf(state().pops);

describe("verbs", () => {
	it.each([...parts.flatMap(({ id, verbs }) => verbs.map((verb) => [id, verb] as const))])(
		"of %s are actions that the control API takes: $id",
		(_part, { act }) => {
			expect(act.length).toBeGreaterThan(0);
			for (const action of act) expect(readAction(action)).toEqual(action);
		},
	);

	it("have a key of their own in each menu, and parts in theirs", () => {
		for (const { verbs } of parts)
			expect(new Set(verbs.map(({ key }) => key)).size).toBe(verbs.length);
		expect(new Set(parts.map(({ key }) => key)).size).toBe(parts.length);
		expect(readAction(HEAL.act[0])).toEqual({ do: "heal" });
	});

	it("replace a proxy that is a process of its own, and no other", () => {
		const verbsOf = (proxy?: ProxyFacts) =>
			partsOf([pop("DUB", proxy && { proxy })])[0]?.verbs.map(({ id }) => id);
		expect(verbsOf(ENVOY)).toContain("replace");
		expect(verbsOf()).not.toContain("replace");
	});

	it("cut no main region off from its own log", () => {
		const has = (id: string): boolean =>
			parts.find((part) => part.id === id)?.verbs.some((verb) => verb.id === "link") ?? false;
		expect([has("DUB"), has("IAD")]).toEqual([true, false]);
	});
});

const ENVOY: ProxyFacts = {
	...{ kind: "envoy", version: "1.40.0", processes: 1, connections: 1_084 },
	...{ refused: 0, panics: 0, unplaced: null },
	endpoints: [
		{ address: "127.0.0.1:1", isWell: true, why: [] },
		{ address: "127.0.0.1:2", isWell: false, why: ["failed_active_hc"] },
	],
};

describe("what real proxies say of themselves", () => {
	it("is a line each, and nothing where they are our own", () => {
		expect(proxyLines(pop("DUB"))).toEqual([]);
		expect(proxyLines({ proxy: ENVOY })).toEqual([
			"Envoy 1.40.0: 1 process, 1,084 connections, 1 of 2 gateways well",
		]);
	});

	it("has trouble in it where there is some, and the new arm's", () => {
		const haproxy: ProxyFacts = { ...ENVOY, kind: "haproxy", version: "2.6.12", panics: null };
		const newArm = { ...ENVOY, processes: 2, panics: 12, refused: 3 };
		expect(proxyLines({ proxy: { ...haproxy, unplaced: 2 }, newArm })).toEqual([
			"HAProxy 2.6.12: 1 process, 1,084 connections, 1 of 2 gateways well, 2 without a place",
			"New arm: Envoy 1.40.0: 2 processes, 1,084 connections, 1 of 2 gateways well, 3 × 5xx, in panic 12 times",
		]);
	});
});

describe("what is wrong with a part", () => {
	const wrong = (id: string, change: Partial<EdgeState>) => {
		const part = parts.find((each) => each.id === id);
		return part === undefined ? null : faultsOf(part, state(change));
	};

	it.each<[string, Partial<PopState>, readonly string[]]>([
		["well", {}, []],
		["killed", { is: "down" }, ["down"]],
		["drained", { is: "drained" }, ["draining"]],
		[
			"slow and lossy",
			{ balancers: [balancer({ delayMs: 300, lossShare: 0.05 })] },
			["+300 ms", "5 % loss"],
		],
		["silent", { balancers: [balancer({ links: "black-hole" })] }, ["black hole"]],
		["swallowing", { upgrades: "swallow" }, ["swallows upgrades"]],
		["flipped", { dns: { up: false, by: "hand", load: 0 } }, ["out of DNS"]],
	])("says of a PoP that is %s", (_what, change, words) => {
		expect(wrong("DUB", { pops: [pop("DUB", change)] })).toEqual(words);
	});

	it("calls a PoP that the monitor has taken out of DNS well: that is no fault of its own", () => {
		const dns = { up: false, by: "monitor", load: 0 } as const;
		expect(wrong("DUB", { pops: [pop("DUB", { dns })] })).toEqual([]);
	});

	it("knows names, DNS, the API and CDNs too", () => {
		const names = { primary: { name: "p", up: false }, backup: { name: "b", up: true } };
		expect(wrong("name-primary", { names })).toEqual(["down"]);
		expect(wrong("name-backup", { names })).toEqual([]);
		expect(wrong("api", { api: { up: false, polls: 0, publishes: 0 } })).toEqual(["down"]);
		expect(
			wrong("dns", { dns: { fault: { is: "silent" }, asked: 0, unanswered: 0, answers: {} } }),
		).toEqual(["silent"]);
		const faults = [{ fault: { is: "corrupt" }, pattern: "*" }] as const;
		const cdns = [{ name: "primary", origin: "http://a", faults, requests: 0 }] as const;
		expect(wrong("cdn-primary", { cdns })).toEqual(["corrupt"]);
		expect(wrong("cdn-backup", { cdns })).toEqual([]);
	});
});

describe("sockets over time", () => {
	const sample = (at: number, primary: number): Sample => {
		return { at, primary, backup: 0, polling: 0, arrivals: 0 };
	};

	it("takes one a second of the four that come, and keeps ten minutes", () => {
		let samples: readonly Sample[] = [];
		for (let at = 0; at < 700_000; at += 250) samples = addSample(samples, state({ at }));
		expect(samples).toHaveLength(600);
		expect((samples[1]?.at ?? 0) - (samples[0]?.at ?? 0)).toBe(1_000);
	});

	it("is drawn in seconds before the last one", () => {
		expect(rowsOf([sample(1_000, 5), sample(3_000, 7)]).slice(0, 2)).toEqual([
			[-2, 0],
			[5, 7],
		]);
		expect([-180, -60, 0].map(agoWords)).toEqual(["3 min ago", "1 min ago", "now"]);
	});

	it("is told in words: now, and a minute ago", () => {
		expect(samplesWords([], 0)).toBe("No sockets were counted yet.");
		expect(samplesWords([sample(0, 300), sample(60_000, 0)], 60_000)).toBe(
			"Sockets now: 0 primary, 0 backup, 0 polling. A minute ago: 300 primary, 0 backup, 0 polling.",
		);
	});
});

it("has its links end side by side, and a place for a PoP that it does not know", () => {
	expect(endOf("DUB", "ada").y).toBeLessThan(endOf("DUB", "lin").y);
	expect(placeOf("MARS")).toEqual(placeOf("FRA"));
	expect(curve({ x: 0, y: 10 }, { x: 100, y: 50 })).toBe("M 0 10 C 50 10 50 50 100 50");
});

describe("a verdict", () => {
	const good = {
		...{ story: "s", ok: true, failures: [], seconds: 22.4, clients: 300, messages: 9_809 },
		...{ published: 40 },
		...{ lost: 0, repeated: 0, outOfOrder: 0, late: 0, altered: 0, steps: [] },
	};

	it("says over how much it held", () => {
		expect(verdictWords(good)).toBe(
			"It held: 9,809 messages to 300 clients in 22 s; none lost, none repeated, none out of order.",
		);
	});

	it("says what went wrong first, where it did not", () => {
		const bad = { ...good, ok: false, failures: ["lost: 1.", "more"] };
		expect(verdictWords(bad)).toBe("It did not hold. lost: 1.");
	});
});
