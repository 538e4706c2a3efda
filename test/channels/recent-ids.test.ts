import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	isRecent,
	noIds,
	RECENT,
	type RecentIds,
	remember,
} from "../../src/channels/recent-ids.js";

describe("the memory of recent ids", () => {
	it("knows the last thousand, and not the one before them", () => {
		let recent = noIds();
		for (let id = 0; id <= RECENT; id += 1) recent = remember(recent, "ann", `${id}`);
		expect(isRecent(recent, "ann", "0")).toBe(false);
		expect(isRecent(recent, "ann", "1")).toBe(true);
		expect(isRecent(recent, "ann", `${RECENT}`)).toBe(true);
	});

	it("tells publishers apart, the server's own messages among them", () => {
		const recent = remember(remember(noIds(), "ann", "x"), null, "y");
		expect(isRecent(recent, "bob", "x")).toBe(false);
		expect(isRecent(recent, null, "x")).toBe(false);
		expect(isRecent(recent, null, "y")).toBe(true);
		expect(isRecent(recent, "ann", "y")).toBe(false);
	});

	it("never takes a publisher's name for an id", () => {
		const recent = remember(remember(noIds(), "a", "b"), "c", "d");
		expect(isRecent(recent, "b", "c")).toBe(false);
		expect(isRecent(recent, "a", "c")).toBe(false);
	});

	it("holds no more than four thousand entries, however long it lives", () => {
		let recent = noIds();
		for (let id = 0; id < 10 * RECENT; id += 1) recent = remember(recent, "ann", `${id}`);
		expect(recent.entries.length).toBeLessThanOrEqual(4 * RECENT);
	});

	it("is a value: whatever is added to one version, no other version sees it", () => {
		const steps = fc.array(fc.record({ to: fc.nat(), id: fc.nat(30) }), { maxLength: 200 });
		const property = fc.property(steps, (history) => {
			const versions: { recent: RecentIds; ids: readonly string[] }[] = [
				{ recent: noIds(), ids: [] },
			];
			for (const { to, id } of history) {
				const base = versions[to % versions.length] ?? { recent: noIds(), ids: [] };
				versions.push({
					recent: remember(base.recent, "ann", `${id}`),
					ids: [...base.ids, `${id}`],
				});
			}
			for (const { recent, ids } of versions)
				for (let id = 0; id <= 30; id += 1)
					expect(isRecent(recent, "ann", `${id}`)).toBe(ids.includes(`${id}`));
		});
		fc.assert(property, { numRuns: 200, seed: 1 });
	});
});
