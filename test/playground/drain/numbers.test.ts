/*
 * E15: from a fault to another answer in DNS at most 5 s, and no newcomer after 5 s and a TTL. Probes with the
 * shipped policy, in virtual time, at every phase between a fault and the next probe.
 */
import { seededRandom } from "holdfast/testing";
import { describe, expect, it } from "vitest";
import type { Seen } from "../../../playground/edge/drain/contract.js";
import { sharesOf } from "../../../playground/edge/drain/shares.js";
import { ALL_WELL, DrainRig, POLICY, ZONES } from "./drain-rig.js";

const TICK_MS = 50;
const FAULT_AT = 10_000;

interface Fault {
	/** Whether a probe of Dublin fails that begins at this time, and how long it takes to know. */
	readonly strikes: () => boolean;
	readonly failsAfterMs: number;
}

/** When DNS leads nobody to Dublin any more, after the fault; null: not within 30 s. */
function changedAfter({ strikes, failsAfterMs }: Fault, phaseMs: number): number | null {
	const rig = new DrainRig();
	const results: { readonly zone: string; readonly at: number; readonly ok: boolean }[] = [];
	for (let now = 0; now < FAULT_AT + 30_000; now += TICK_MS) {
		if (now % POLICY.probeEveryMs === phaseMs)
			for (const { zone, pop } of ZONES) {
				const fails = pop === "DUB" && now >= FAULT_AT && strikes();
				results.push({ zone, ok: !fails, at: now + (fails ? failsAfterMs : 20) });
			}
		if (now % 250 !== 0) continue;
		rig.seen = seenAt(results, now);
		rig.now = now;
		rig.give({ is: "seen" });
		const { whole = 0 } = sharesOf(rig.state.drains, ZONES).DUB?.primary ?? {};
		if (whole === 1) return now - FAULT_AT;
	}
	return null;
}

function seenAt(results: readonly { zone: string; at: number; ok: boolean }[], now: number): Seen {
	const recent = results.filter(({ at }) => at <= now && at >= now - POLICY.windowMs);
	return ALL_WELL.map((pop) => ({
		...pop,
		zones: pop.zones.map(({ zone }) => {
			const own = recent.filter((each) => each.zone === zone);
			return { zone, asked: own.length, failed: own.filter(({ ok }) => !ok).length };
		}),
	}));
}

const PHASES = Array.from({ length: POLICY.probeEveryMs / TICK_MS }, (_, at) => at * TICK_MS);

describe("DNS leads nobody to a PoP any more", () => {
	it.each<[string, number]>([
		["refuses", 5],
		["is silent", POLICY.probeTimeoutMs],
	])("at most 5 s after it %s, whatever the phase", (_, failsAfterMs) => {
		const times = PHASES.map((phase) => changedAfter({ strikes: () => true, failsAfterMs }, phase));
		for (const ms of times) expect(ms).toBeLessThanOrEqual(5_000);
	});

	it("within 5 s for eight tenths of those that lose every second connection, and within 15 s for all", () => {
		const times = Array.from({ length: 200 }, (_, seed) => {
			const random = seededRandom(seed + 1);
			const fault = { strikes: () => random() < 0.5, failsAfterMs: POLICY.probeTimeoutMs };
			return changedAfter(fault, PHASES[seed % PHASES.length] ?? 0) ?? Number.POSITIVE_INFINITY;
		});
		expect(times.filter((ms) => ms <= 5_000).length).toBeGreaterThanOrEqual(160);
		expect(Math.max(...times)).toBeLessThanOrEqual(15_000);
	});

	it("never, where one probe in twenty fails: that is weather", () => {
		for (let seed = 1; seed <= 20; seed++) {
			const random = seededRandom(seed);
			const weather = { strikes: () => random() < 0.05, failsAfterMs: POLICY.probeTimeoutMs };
			expect(changedAfter(weather, 0)).toBeNull();
		}
	});
});
