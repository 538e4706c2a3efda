import { describe, expect, it } from "vitest";
import { planSteps } from "../../src/server/drain.js";
import { createRig, hello, type Peer, type Rig } from "./rig.js";

/** As a client moves: at a moment of the window, then its old link closes. */
async function moveAway(rig: Rig, peers: readonly Peer[], ms: number): Promise<readonly number[]> {
	const leftAt: number[] = [];
	const due = new Map<Peer, number>();
	const chance = (n: number): number => ((n * 2_654_435_761) % 1_000) / 1_000;
	for (let now = 0; now < ms; now += 100) {
		for (const [n, peer] of peers.entries()) {
			const [goodbye] = peer.all("goodbye");
			if (peer.end === null) peer.say({ type: "pong", at: 1 });
			if (goodbye === undefined) continue;
			const at = due.get(peer) ?? now + chance(n) * Math.min(goodbye.windowMs, goodbye.deadlineMs);
			due.set(peer, at);
			if (at > now || leftAt[n] !== undefined) continue;
			leftAt[n] = now;
			peer.link.closed(1000);
		}
		await rig.clock.advance(100);
	}
	return leftAt;
}

describe("drain", () => {
	it("says goodbye to all, no faster than the fleet can take in, and resolves when the last has left", async () => {
		const rig = createRig({ acceptRate: 12 });
		const peers: Peer[] = [];
		for (let n = 0; n < 100; n++) peers.push(await rig.connect(`${n}`));
		let isDone = false;
		const done = rig.server.drain({ withinMs: 20_000 }).then(() => {
			isDone = true;
		});
		const leftAt = await moveAway(rig, peers, 15_000);
		await done;
		expect(isDone).toBe(true);
		expect(leftAt.filter((at) => at !== undefined)).toHaveLength(100);
		expect(peers.every(({ end }) => end === null)).toBe(true);
		for (let second = 0; second < 15; second++) {
			const arrivals = leftAt.filter((at) => Math.floor(at / 1_000) === second);
			expect(arrivals.length).toBeLessThanOrEqual(13);
		}
		for (const peer of peers) {
			const { reason, deadlineMs, windowMs } = peer.last("goodbye");
			expect(reason).toBe("drain");
			expect(windowMs).toBe(1_000);
			expect(deadlineMs).toBeLessThanOrEqual(20_000);
			expect(deadlineMs).toBeGreaterThanOrEqual(10_000);
		}
	});

	it("closes with 1012 and the window whoever is still there in the end", async () => {
		const rig = createRig({ acceptRate: 1 });
		const [stays, leaves] = [await rig.connect("stays"), await rig.connect("leaves")];
		const done = rig.server.drain({ withinMs: 4_000 });
		await rig.clock.advance(1_500);
		leaves.link.closed(1000);
		await rig.clock.advance(2_498);
		expect(stays.end).toBeNull();
		await rig.clock.advance(2);
		await done;
		expect(stays.end).toEqual({ code: 1012, reason: '{"w":2000}' });
		expect(stays.all("goodbye")).toHaveLength(1);
	});

	it("without an accept rate spreads over what time there is", async () => {
		const rig = createRig({ heartbeatMs: 60_000 });
		const peers: Peer[] = [];
		for (let n = 0; n < 20; n++) peers.push(await rig.connect(`${n}`));
		const done = rig.server.drain({ withinMs: 20_000 });
		const told = async (): Promise<number> => {
			await rig.clock.advance(500);
			return peers.filter((peer) => peer.all("goodbye").length > 0).length;
		};
		const first = await told();
		expect(first).toBeLessThanOrEqual(2);
		for (let n = 0; n < 18; n++) await told();
		expect(await told()).toBe(20);
		for (const peer of peers) peer.link.closed(1000);
		await rig.settle();
		await done;
	});

	it("takes nobody in from then on: not by a new link, and not by one that was being judged", async () => {
		const rig = createRig({ acceptRate: 1 });
		const early = rig.open();
		const member = await rig.connect();
		early.say(hello("bob"));
		const done = rig.server.drain({ withinMs: 1_000 });
		expect(early.end).toMatchObject({ code: 1012 });
		expect(rig.open().end).toEqual({ code: 1012, reason: '{"w":2000}' });
		member.link.closed(1000);
		await done;
		expect(rig.open().end).toMatchObject({ code: 1012 });
	});

	it("with nobody there resolves at once", async () => {
		const rig = createRig();
		await rig.server.drain({ withinMs: 60_000 });
		expect(rig.clock.pending).toEqual([]);
	});

	it("asked for twice is one drain", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		const both = [rig.server.drain({ withinMs: 9_000 }), rig.server.drain({ withinMs: 9_000 })];
		await rig.settle();
		expect(peer.all("goodbye")).toHaveLength(1);
		peer.link.closed(1000);
		await rig.settle();
		await Promise.all(both);
	});

	it.each([
		["overload", "overload"],
		["refresh", "refresh"],
		["deploy 17", "drain"],
	])("for the reason %s says %s on the wire", async (reason, told) => {
		const rig = createRig();
		const peer = await rig.connect();
		void rig.server.drain({ withinMs: 1_000, reason });
		await rig.settle();
		expect(peer.last("goodbye").reason).toBe(told);
	});

	it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses to take %d ms", (withinMs) => {
		const rig = createRig();
		expect(() => rig.server.drain({ withinMs })).toThrow(
			expect.objectContaining({ code: "invalid-option" }),
		);
	});

	it("in no time at all closes everybody", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		await rig.server.drain({ withinMs: 0 });
		expect(peer.end).toMatchObject({ code: 1012 });
	});
});

describe("planSteps", () => {
	it("asks 2,000 to leave within W at 200 a second", () => {
		const { size, ms } = planSteps(2_000, 22_000, 200);
		expect(size).toBeLessThanOrEqual(200);
		expect((2_000 / size) * ms).toBeLessThanOrEqual(12_500);
	});

	it("never stands still, however slow or small", () => {
		for (const [count, withinMs, rate] of [
			[1, 1, 0.001],
			[5, 0, null],
			[0, 1_000, 5],
			[1_000_000, 1, null],
		] as const) {
			const { size, ms } = planSteps(count, withinMs, rate);
			expect(size).toBeGreaterThanOrEqual(1);
			expect(ms).toBeGreaterThan(0);
		}
	});
});
