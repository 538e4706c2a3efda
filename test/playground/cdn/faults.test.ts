import { describe, expect, it } from "vitest";
import { message, plan } from "../../../playground/edge/cdn/answer.js";
import {
	corrupted,
	faultOf,
	halved,
	isOfConnections,
	type Rule,
} from "../../../playground/edge/cdn/faults.js";

describe("The fault that a path meets", () => {
	const rules: readonly Rule[] = [
		{ fault: { is: "corrupt" }, pattern: "*" },
		{ fault: { is: "html" }, pattern: "/assets/*.js" },
		{ fault: { is: "slow" }, pattern: "/assets/a.js" },
	];

	it.each([
		["/", "corrupt"],
		["/assets/a.css", "corrupt"],
		["/assets/deep/b.js", "html"],
		["/assets/a.js", "slow"],
		["/assets/axjs", "corrupt"],
		["/more/assets/a.js", "corrupt"],
	])("%s: the last one given that fits, %s", (path, expected) => {
		expect(faultOf(rules, path)?.is).toBe(expected);
	});

	it("is none where no pattern fits, and a pattern's dots and brackets are letters", () => {
		expect(faultOf([], "/a.js")).toBeNull();
		const literal: readonly Rule[] = [{ fault: { is: "html" }, pattern: "/a.(b)[c]+$" }];
		expect(faultOf(literal, "/a.(b)[c]+$")?.is).toBe("html");
		expect(faultOf(literal, "/ax(b)[c]+$")).toBeNull();
	});

	it("is of connections, or of answers", () => {
		expect(isOfConnections({ is: "black-hole" })).toBe(true);
		expect(isOfConnections({ is: "silent" })).toBe(false);
	});
});

describe("Bytes", () => {
	it.each([0, 1, 2, 999])("of %d: half of them, or one bit another, never the same", (length) => {
		const body = new Uint8Array(length).fill(7);
		expect(halved(body).length).toBe(Math.floor(length / 2));
		const spoiled = corrupted(body);
		expect(spoiled).not.toEqual(body);
		expect(spoiled.length).toBe(Math.max(1, length));
		expect(body).toEqual(new Uint8Array(length).fill(7));
	});
});

describe("A redirect", () => {
	it("keeps path and query, and goes nowhere but to its origin", () => {
		const fault = { is: "redirect", to: "https://elsewhere.test/x" } as const;
		const to = (url: string): unknown =>
			plan({ url, ifNoneMatch: undefined }, null, fault).headers.Location;
		expect(to("/a.js?b=c")).toBe("https://elsewhere.test/a.js?b=c");
		expect(to("//third.test/a.js")).toBe("https://elsewhere.test//third.test/a.js");
	});
});

it("What is no file may not be remembered", () => {
	expect(message(404, "No such file.").headers["Cache-Control"]).toBe("no-store");
});
