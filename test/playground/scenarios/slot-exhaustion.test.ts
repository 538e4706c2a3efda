/* E8, E18: when a list that went stale has struck somebody, by HAProxy's own account, and when it has not. */
import { describe, expect, it } from "vitest";
import type {
	EdgeState,
	GatewayState,
	PopState,
} from "../../../playground/edge/control/contract.js";
import type { ProxyFacts } from "../../../playground/edge/control/proxy-facts.js";
import { SLOT_EXHAUSTION } from "../../../playground/edge/scenarios/slot-exhaustion.js";
import type { View } from "../../../playground/edge/stories/contract.js";

const gateway = (is: GatewayState["is"], primary: number): GatewayState => ({
	...{ name: "DUB", is, primary, backup: 0, leaving: 0, accepted: 0 },
});

interface Dublin {
	readonly sockets: number;
	readonly outages: number;
	readonly gateways: readonly GatewayState[];
	readonly proxy: ProxyFacts;
}

const stateOf = ({ sockets, outages, gateways, proxy }: Dublin): EdgeState => {
	const counts = { primary: sockets, backup: 0, arrivals: 0 };
	const pop: Partial<PopState> = { name: "DUB", sockets: counts, gateways, proxy };
	const fleet: Partial<EdgeState["fleet"]> = { outages };
	return { pops: [pop], fleet } as unknown as EdgeState;
};

const ends = (...well: readonly boolean[]): ProxyFacts["endpoints"] =>
	well.map((isWell, at) => ({ address: `127.0.0.1:${at + 1}`, isWell, why: [] }));

const HAPROXY: ProxyFacts = {
	...{ kind: "haproxy", version: "2.6.12", processes: 1, connections: 0 },
	...{ refused: 0, panics: null, unplaced: 0, endpoints: ends(true, true) },
};
const BEFORE: Dublin = {
	sockets: 6,
	outages: 0,
	gateways: [gateway("up", 3), gateway("up", 3), gateway("down", 0), gateway("down", 0)],
	proxy: HAPROXY,
};
const STALE: Dublin = {
	sockets: 0,
	outages: 6,
	gateways: [gateway("down", 0), gateway("down", 0), gateway("up", 0), gateway("up", 0)],
	proxy: { ...HAPROXY, refused: 4, unplaced: 2, endpoints: ends(false, false) },
};

function hasBitten(now: Dublin, before = BEFORE): boolean {
	const view: Partial<View> = { now: stateOf(now), before: stateOf(before) };
	return SLOT_EXHAUSTION.story.bite.holds(view as View);
}

describe("slot exhaustion has struck", () => {
	it("where HAProxy has no place for two gateways, sees those on its list as dead, and counted 503s", () =>
		expect(hasBitten(STALE)).toBe(true));

	it.each<[string, Partial<Dublin>]>([
		["it has a place for all", { proxy: { ...STALE.proxy, unplaced: 0 } }],
		["it refused nobody", { proxy: { ...STALE.proxy, refused: 0 } }],
		["one on its list is well", { proxy: { ...STALE.proxy, endpoints: ends(true, false) } }],
		["nobody was without a link", { outages: 0 }],
	])("nobody where %s", (_, changes) => expect(hasBitten({ ...STALE, ...changes })).toBe(false));

	it("nobody where nobody was there", () =>
		expect(hasBitten(STALE, { ...BEFORE, sockets: 0 })).toBe(false));
});

describe("the same change before an Envoy", () => {
	const envoy = (facts: Partial<ProxyFacts>, at = STALE): Dublin => ({
		...at,
		proxy: { ...HAPROXY, kind: "envoy", panics: 0, unplaced: null, ...facts },
	});
	const taken = [...STALE.gateways.slice(0, 2), gateway("up", 2), gateway("up", 4)];

	it("shows no such thing: it leads Dublin's clients to the new gateways", () =>
		expect(hasBitten(envoy({}, { ...STALE, gateways: taken }), envoy({}, BEFORE))).toBe(true));

	it("shows nothing where they took in nobody", () =>
		expect(hasBitten(envoy({}), envoy({}, BEFORE))).toBe(false));
});
