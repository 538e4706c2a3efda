/* E7, E8, E9: what `npm run proxies` measures, in short; each verdict of the rows has to hold in it too. */
import { describe, expect, it } from "vitest";
import { arm } from "../../../proxies/arms.js";
import { brokenFile, churn } from "../../../proxies/churn.js";
import { MAX_RELOADS, pileUp, slotsRunOut } from "../../../proxies/pile-up.js";
import { price } from "../../../proxies/price.js";
import { envoyWorld, haproxyWorld } from "../../../proxies/world.js";
import { isMissing } from "./proxy-rig.js";

describe.skipIf(isMissing("envoy", "haproxy"))("in short", () => {
	it("Envoy takes endpoint updates under live sockets: one process, nobody dropped, nobody refused", async () => {
		const world = await envoyWorld(4);
		try {
			const result = await churn(world, { sockets: 60, updates: 12, everyMs: 200 });
			expect(result).toMatchObject({ processes: 1, dropped: 0, refused: 0, updates: 12 });
			expect(result.newcomers).toBeGreaterThan(5);
			expect(await brokenFile(world)).toMatchObject({ isServed: true });
		} finally {
			await world.stop();
		}
	});

	it("a refusal costs Envoy a fraction of what it accepts, and lets nobody slip in", async () => {
		const world = await envoyWorld(1);
		try {
			const { slipped, dropped, ratio } = await price(world, { sockets: 200, refusals: 600 });
			expect({ slipped, dropped }).toEqual({ slipped: 0, dropped: 0 });
			// The row's limit is 0.15, which `npm run proxies` measures; CPU comes in ticks of 10 ms.
			expect(ratio).toBeLessThan(0.5);
		} finally {
			await world.stop();
		}
	});

	it("HAProxy's reloads under live sockets leave one worker more each", async () => {
		const result = await pileUp("default", { reloads: 4, sockets: 5 });
		expect(result).toMatchObject({ workers: 5, dropped: 0, live: 20 });
	});

	it("or cut them, by a limit of workers or of time", async () => {
		const limited = await pileUp("max-reloads", { reloads: 5, sockets: 5 });
		expect(limited.workers).toBeLessThanOrEqual(MAX_RELOADS + 1);
		expect(limited.dropped).toBeGreaterThan(0);
		const stopped = await pileUp("hard-stop", { reloads: 2, sockets: 5 });
		expect(stopped).toMatchObject({ workers: 1, live: 0, dropped: 10 });
	});

	it("HAProxy without places serves 503 by a list that is stale, and told us that it has none", async () => {
		const result = await slotsRunOut(10);
		expect(result.refused).toBe(result.tried);
		expect(result.said).toContain("more than places");
	});

	it("HAProxy takes updates by its runtime API in one process too, as long as there are places", async () => {
		const world = await haproxyWorld(4);
		try {
			const result = await churn(world, { sockets: 20, updates: 6, everyMs: 100 });
			expect(result).toMatchObject({ processes: 1, dropped: 0, refused: 0 });
		} finally {
			await world.stop();
		}
	});

	it("with a goodbye nobody is cut while an Envoy is replaced; without one everybody is, and comes back", async () => {
		const shared = { way: "handover", fate: "lives", sockets: 10, partWithinMs: 1_500 } as const;
		const said = await arm({ ...shared, goodbye: "said" });
		expect(said).toMatchObject({ abnormal: 0, clean: 10, refused: 0, mostProcesses: 2 });
		const unsaid = await arm({ ...shared, goodbye: "unsaid" });
		expect(unsaid).toMatchObject({ abnormal: 10, clean: 0 });
		expect(unsaid.backWithinMs).not.toBeNull();
	});
});
