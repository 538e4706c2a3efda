/* What no drain may do, and a property: whatever is ordered, every service keeps a place, and sockets room. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SERVICES, type Target } from "../../../playground/edge/drain/contract.js";
import { guard } from "../../../playground/edge/drain/guard.js";
import { sharesOf } from "../../../playground/edge/drain/shares.js";
import { idOf, readTarget } from "../../../playground/edge/drain/target.js";
import { ALL_WELL, DrainRig, DUB, PACE, POLICY, ZONES } from "./drain-rig.js";

const withSockets = (sockets: number) => ALL_WELL.map((pop) => ({ ...pop, sockets }));
const onlyUp = (...names: readonly string[]) =>
	ALL_WELL.map((pop) => ({ ...pop, isUp: names.includes(pop.pop) }));

describe("a drain is refused", () => {
	it.each<[string, Target, typeof ALL_WELL, string]>([
		["where no other PoP is up", DUB, onlyUp("DUB"), "leave primary no place at all"],
		[
			"of a service where no other PoP is up",
			{ ...DUB, service: "api" },
			onlyUp("DUB"),
			"leave api no place",
		],
		[
			"where what is left has too little room",
			DUB,
			withSockets(1_201),
			"room for 4800 sockets, and there are 4804",
		],
		[
			"of a zone for the same reason",
			{ ...DUB, zone: "DUB-a" },
			withSockets(1_500),
			"room for 5600 sockets",
		],
	])("%s", (_, target, seen, why) => expect(guard(target, [], seen, POLICY)).toContain(why));

	it("while another PoP is out, or a part of one", () => {
		const rig = new DrainRig({ automation: "off" });
		rig.drain({ pop: "FRA", zone: "FRA-a", service: "api" });
		expect(rig.drain(DUB)).toContain("FRA-a/api is drained already, and one PoP at a time");
		rig.undrain({ pop: "FRA", zone: "FRA-a", service: "api" });
		expect(rig.drain(DUB)).toBeNull();
	});
});

describe("a drain passes", () => {
	it.each<[string, Target, typeof ALL_WELL]>([
		["where what is left has just enough room", DUB, withSockets(1_200)],
		[
			"of a service whose servers stay: the other name has their room",
			{ ...DUB, service: "primary" },
			withSockets(1_600),
		],
		["of a second zone of the same PoP", { ...DUB, zone: "DUB-b" }, ALL_WELL],
	])("%s", (_, target, seen) => expect(guard(target, [], seen, POLICY)).toBeNull());
});

const target: fc.Arbitrary<Target> = fc
	.record({
		place: fc.constantFrom(...ZONES),
		isZone: fc.boolean(),
		service: fc.constantFrom(null, ...SERVICES),
	})
	.map(({ place, isZone, service }) => ({
		pop: place.pop,
		zone: isZone ? place.zone : null,
		service,
	}));

it("whatever is ordered, in whatever order: at most one PoP is out, and every service has a place", () => {
	const order = fc.record({
		target,
		isDrain: fc.boolean(),
		ms: fc.integer({ min: 0, max: 8 }),
		down: fc.subarray(["DUB", "FRA", "LHR", "IAD"], { maxLength: 2 }),
	});
	fc.assert(
		fc.property(fc.array(order, { maxLength: 40 }), (orders) => {
			const rig = new DrainRig({ automation: "off" });
			for (const { target: place, isDrain, ms, down } of orders) {
				rig.seen = ALL_WELL.map((pop) => ({ ...pop, isUp: !down.includes(pop.pop) }));
				const before = rig.state.drains;
				const pace = { ...PACE, stepPercent: 25 };
				const refusal = isDrain ? rig.drain(place, pace) : rig.undrain(place, pace);
				// What is refused changes nothing by itself, and every order is in the audit log.
				if (refusal !== null && ms === 0) expect(rig.drained).toEqual(before.map(({ id }) => id));
				expect(rig.audit.some(({ id, at }) => id === idOf(place) && at === rig.now)).toBe(true);
				rig.pass(ms * 250);
				const pops = new Set(rig.state.drains.map((drain) => drain.target.pop));
				expect(pops.size).toBeLessThanOrEqual(1);
				const shares = sharesOf(rig.state.drains, ZONES);
				for (const service of SERVICES) {
					const left = ALL_WELL.filter(({ pop }) => (shares[pop]?.[service]?.whole ?? 0) < 1);
					expect(left.length).toBeGreaterThanOrEqual(3);
				}
			}
		}),
		{ numRuns: 300, seed: 15 },
	);
});

describe("a place by name", () => {
	it.each([
		[{ pop: "DUB" }, "DUB"],
		[{ zone: "DUB-b" }, "DUB-b"],
		[{ pop: "DUB", zone: "DUB-b", service: "api" as const }, "DUB-b/api"],
	])("%o is %s", (asked, id) => expect(idOf(readTarget(asked, ZONES))).toBe(id));

	it.each([
		[{}, "A drain needs a PoP (one of DUB, FRA, LHR, IAD) or a zone."],
		[{ service: "primary" as const }, "All of primary at once is an outage"],
		[{ pop: "ORK" }, 'There is no PoP "ORK"; there are DUB, FRA, LHR, IAD.'],
		[{ zone: "DUB-c" }, 'There is no zone "DUB-c"; there are DUB-a, DUB-b,'],
		[{ pop: "FRA", zone: "DUB-a" }, "The zone DUB-a is in DUB, not in FRA."],
	])("%o is none: %s", (asked, why) => expect(() => readTarget(asked, ZONES)).toThrow(why));
});
