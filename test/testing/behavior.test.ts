import { describe, expect, it } from "vitest";
import { type Dial, sequence } from "../../src/testing/behavior.js";

const dial = (attempt: number): Dial => ({ attempt, endpoint: "wss://a.test" });

describe("sequence", () => {
	it("takes one behavior a dial and stays with the last", () => {
		const behavior = sequence("hang", { refuse: 503 }, "accept");
		const outcomes = [1, 2, 3, 4].map((attempt) => behavior(dial(attempt)));
		expect(outcomes).toEqual(["hang", { refuse: 503 }, "accept", "accept"]);
	});

	it("begins where it is put in, not at the server's first dial", () => {
		expect(sequence("mute", "accept")(dial(7))).toBe("mute");
	});

	it("asks a behavior that decides by the dial", () => {
		const behavior = sequence("hang", ({ endpoint }) => ({ refuse: endpoint.length }));
		behavior(dial(1));
		expect(behavior(dial(2))).toEqual({ refuse: 12 });
	});

	it("of nothing accepts", () => {
		expect(sequence()(dial(1))).toBe("accept");
	});
});
