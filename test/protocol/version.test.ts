import { describe, expect, it } from "vitest";
import { chooseSubprotocol, SUBPROTOCOLS } from "../../src/protocol/version.js";

describe("the subprotocol", () => {
	it("is the one that both speak", () => {
		expect(chooseSubprotocol(SUBPROTOCOLS)).toBe("holdfast.v1");
		expect(chooseSubprotocol(new Set(["holdfast.v2", "holdfast.v1"]))).toBe("holdfast.v1");
	});

	it("is none where they share none: another case or a prefix is another protocol", () => {
		for (const offered of [[], ["Holdfast.v1"], ["holdfast.v10"], ["holdfast"], ["constructor"]])
			expect(chooseSubprotocol(offered)).toBeNull();
	});
});
