import { describe, expect, it } from "vitest";
import type { SubscribeOptions } from "../../src/index.js";
import { createHarness, type Harness } from "../../src/testing.js";

/** A harness with five messages in "room", connected. */
async function within(run: (harness: Harness) => Promise<void>): Promise<void> {
	const harness = createHarness({ connect: "eager" });
	try {
		for (let n = 0; n < 5; n += 1) harness.server.publish("room", n);
		await harness.clock.advance(1_000);
		await run(harness);
	} finally {
		await harness[Symbol.asyncDispose]();
	}
}

/** Subscribes, and collects what comes. */
function listen({ client }: Harness, options: SubscribeOptions = {}) {
	const got: unknown[] = [];
	const { unsubscribe } = client.subscribe("room", ({ data }) => got.push(data), options);
	return { got, unsubscribe };
}

const asked = ({ server }: Harness): { readonly id: number; readonly from: unknown }[] =>
	(server.received as { readonly type: string; id: number; from: unknown }[]).filter(
		({ type }) => type === "subscribe",
	);

describe("a channel that is left and joined again in one turn", () => {
	it("starts where the new subscription says: it is the first", () =>
		within(async (harness) => {
			const { unsubscribe } = listen(harness);
			await harness.clock.advance(1_000);
			unsubscribe();
			const { got } = listen(harness, { from: "earliest" });
			await harness.clock.advance(1_000);
			expect(got).toEqual([0, 1, 2, 3, 4]);
		}));

	it("recovers or not, as the new subscription says", () =>
		within(async (harness) => {
			const { unsubscribe } = listen(harness, { recover: false });
			await harness.clock.advance(1_000);
			unsubscribe();
			const { got } = listen(harness);
			await harness.clock.advance(1_000);
			harness.network.reset();
			harness.server.publish("room", "missed");
			await harness.clock.advance(30_000);
			expect(got).toEqual(["missed"]);
		}));

	it("goes on where it was, and asks for nothing, if nothing else is wanted", () =>
		within(async (harness) => {
			const { unsubscribe } = listen(harness);
			await harness.clock.advance(1_000);
			unsubscribe();
			const { got } = listen(harness);
			await harness.clock.advance(1_000);
			harness.server.publish("room", "new");
			await harness.clock.advance(1_000);
			expect(got).toEqual(["new"]);
			expect(asked(harness)).toHaveLength(1);
		}));
});

describe("the questions of a link", () => {
	it("have greater ids than all before, also of a channel that was left and is joined again", () =>
		within(async (harness) => {
			const { unsubscribe } = listen(harness);
			await harness.clock.advance(1_000);
			for (let n = 0; n < 3; n += 1) {
				harness.network.reset();
				await harness.clock.advance(30_000);
			}
			unsubscribe();
			await harness.clock.advance(1_000);
			listen(harness);
			await harness.clock.advance(1_000);
			const ids = asked(harness).map(({ id }) => id);
			expect(ids).toHaveLength(5);
			expect(new Set(ids).size).toBe(5);
			expect(ids).toEqual([...ids].sort((a, b) => a - b));
		}));
});

describe("a listener that is unsubscribed by another one, while both are told", () => {
	it("is not called any more", () =>
		within(async (harness) => {
			const got: unknown[] = [];
			const first = harness.client.subscribe("room", () => second.unsubscribe());
			const second = harness.client.subscribe("room", ({ data }) => got.push(data));
			await harness.clock.advance(1_000);
			harness.server.publish("room", "once");
			await harness.clock.advance(1_000);
			expect(got).toEqual([]);
			first.unsubscribe();
		}));
});
