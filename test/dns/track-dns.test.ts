import { describe, expect, it } from "vitest";
import type { DnsSnapshot } from "../../src/endpoint/dns-answer.js";
import { trackDns } from "../../src/dns.js";
import { nodeResolver as portableResolver, openNames } from "../../src/dns/platform-none.js";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { createVirtualClock, seededRandom } from "../../src/testing.js";
import { answersOf, Zone } from "../support/addressed-network.js";

const NAME = "wss-primary.test";

function scene(options: { readonly staleForMs?: number } = {}) {
	const clock = createVirtualClock();
	const zone = new Zone(clock);
	zone.set(NAME, ["10.0.0.1", "10.0.0.2"], 60_000);
	const runtime = { clock, random: seededRandom(5) };
	const tracker = trackDns({ hostname: NAME, resolver: zone, runtime, ...options });
	return { clock, zone, tracker };
}

describe("trackDns", () => {
	it("asks at once, then in the background when the TTL is over", async () => {
		const { clock, zone, tracker } = scene();
		expect(tracker.pick()).toBeNull();
		expect(tracker.get()).toMatchObject({ answers: [], expiresAt: 0, stale: false });
		await clock.advance(600_000);
		expect(zone.questions.map(({ at }) => at / 60_000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
		expect(tracker.get().expiresAt).toBe(clock.now() + 60_000);
		tracker[Symbol.dispose]();
		expect(clock.pending).toEqual([]);
	});

	it("tells of each change, once, and is the same object in between", async () => {
		const { clock, zone, tracker } = scene();
		await clock.advance(1_000);
		const seen: DnsSnapshot[] = [];
		tracker.subscribe((snapshot) => seen.push(snapshot));
		const before = tracker.get();
		await clock.advance(1_000);
		expect(tracker.get()).toBe(before);
		tracker.failed("10.0.0.1");
		expect(seen).toHaveLength(1);
		expect(tracker.get().quarantined).toEqual([
			{ address: "10.0.0.1", until: clock.now() + 60_000 },
		]);
		for (let n = 0; n < 50; n += 1) expect(tracker.pick()?.address).toBe("10.0.0.2");
		zone.set(NAME, ["10.0.0.9"], 60_000);
		await tracker.refresh();
		expect(seen.at(-1)?.answers).toEqual(answersOf(["10.0.0.9"], 60_000));
		tracker[Symbol.dispose]();
	});

	it("keeps the last answers for as long as it is told to, and says that they are stale", async () => {
		const { clock, zone, tracker } = scene({ staleForMs: 600_000 });
		await clock.advance(1_000);
		zone.names.delete(NAME);
		await clock.advance(61_000);
		expect(tracker.get()).toMatchObject({ stale: true });
		expect(tracker.pick()).not.toBeNull();
		await clock.advance(600_000);
		expect(tracker.pick()).toBeNull();
		tracker[Symbol.dispose]();
	});

	it("asks one question for all who want one, each with a signal of its own", async () => {
		const { clock, zone, tracker } = scene();
		await clock.advance(1_000);
		const count = zone.questions.length;
		zone.names.set(NAME, async () => {
			await clock.sleep(500);
			return answersOf(["10.0.0.3"], 60_000);
		});
		const enough = new AbortController();
		const aborted = tracker.refresh(enough.signal);
		const patient = tracker.refresh();
		enough.abort(new Error("enough"));
		await expect(aborted).rejects.toThrow("enough");
		await clock.advance(500);
		expect((await patient).answers).toEqual(answersOf(["10.0.0.3"], 60_000));
		expect(zone.questions).toHaveLength(count + 1);
		tracker[Symbol.dispose]();
	});

	it("rejects a refresh that brings nothing, within 3 s, and does not unlearn", async () => {
		const { clock, zone, tracker } = scene();
		await clock.advance(1_000);
		zone.names.set(NAME, () => new Promise(() => undefined));
		const asked = tracker.refresh();
		const rejected = expect(asked).rejects.toMatchObject({ code: "dns-unavailable" });
		await clock.advance(3_000);
		await rejected;
		expect(tracker.get().answers).toHaveLength(2);
		tracker[Symbol.dispose]();
	});

	it("takes no answer that comes after that", async () => {
		const { clock, zone, tracker } = scene();
		await clock.advance(1_000);
		zone.names.set(NAME, async () => {
			await clock.sleep(5_000);
			return answersOf(["10.6.6.6"], 60_000);
		});
		tracker.refresh().catch(() => undefined);
		await clock.advance(10_000);
		expect(tracker.get().answers).toEqual(answersOf(["10.0.0.1", "10.0.0.2"], 60_000));
		tracker[Symbol.dispose]();
	});

	it("ends a question that is under way when it is disposed", async () => {
		const { clock, zone, tracker } = scene();
		await clock.advance(1_000);
		zone.names.set(NAME, () => new Promise(() => undefined));
		const asked = expect(tracker.refresh()).rejects.toMatchObject({ code: "closed" });
		tracker[Symbol.dispose]();
		await asked;
		expect(clock.pending).toEqual([]);
	});

	it.each(["", "a b", "https://x", "x".repeat(254), 7])(
		"throws for the hostname %j",
		(hostname) => {
			expect(() => trackDns({ hostname: hostname as string })).toThrow(RealtimeError);
			expect(() => trackDns({ hostname: "x", staleForMs: -1 })).toThrow(/staleForMs/);
		},
	);
});

describe("Where the platform resolves names", () => {
	it("a client has nothing to do with them, and Node's resolver says what to use instead", () => {
		expect(openNames({} as never, {} as never)).toBeNull();
		expect(() => portableResolver()).toThrow(/dohResolver/);
	});
});
