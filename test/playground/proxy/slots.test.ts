/* E8: HAProxy's places for endpoints, as Slack had them in May 2020: freed first, and counted. */
import { describe, expect, it } from "vitest";
import { emptySlots, planSlots } from "../../../playground/edge/proxy/haproxy/slots.js";

const at = (port: number) => ({ host: "127.0.0.1", port, zone: "a" });

describe("places of a backend", () => {
	it("are filled in order", () => {
		const { fill, empty, left } = planSlots(emptySlots(3), [at(1), at(2)]);
		expect(fill.map(({ slot, endpoint }) => [slot, endpoint.port])).toEqual([
			[0, 1],
			[1, 2],
		]);
		expect([empty, left]).toEqual([[], []]);
	});

	it("that stay are not touched", () => {
		const { slots } = planSlots(emptySlots(3), [at(1), at(2)]);
		expect(planSlots(slots, [at(2), at(1)])).toMatchObject({ empty: [], fill: [], slots });
	});

	it("are freed before others are filled: a full backend may change all of its endpoints", () => {
		const { slots } = planSlots(emptySlots(2), [at(1), at(2)]);
		const plan = planSlots(slots, [at(3), at(4)]);
		expect(plan.empty).toEqual([0, 1]);
		expect(plan.slots).toEqual([at(3), at(4)]);
		expect(plan.left).toEqual([]);
	});

	it("that are too few leave somebody over, who is named", () => {
		const plan = planSlots(emptySlots(2), [at(1), at(2), at(3)]);
		expect(plan.left).toEqual([at(3)]);
		expect(plan.slots).toEqual([at(1), at(2)]);
	});

	it("that are looked for before any is freed leave a list of yesterday, as Slack's in 2020", () => {
		const full = planSlots(emptySlots(2), [at(1), at(2)], "fill-first");
		const grown = planSlots(full.slots, [at(1), at(2), at(3)], "fill-first");
		expect(grown).toMatchObject({ slots: full.slots, empty: [], fill: [], left: [at(3)] });
		// The old ones are gone, and there would be room for the new ones.
		const stale = planSlots(grown.slots, [at(3), at(4)], "fill-first");
		expect(stale).toEqual({ slots: full.slots, empty: [], fill: [], left: [at(3), at(4)] });
		expect(planSlots(full.slots, [at(2)], "fill-first").slots).toEqual([null, at(2)]);
	});
});
