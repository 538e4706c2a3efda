/* Who is typing, and what was not read yet. */
import { describe, expect, it } from "vitest";
import {
	spoke,
	type Typists,
	typed,
	typistsWords,
} from "../../../playground/page/users/typists.js";
import { arrived, looked, unreadWords } from "../../../playground/page/users/unread.js";

describe("the line below a chat", () => {
	const all = (...names: string[]): Typists =>
		names.reduce((typists, name) => typed(typists, name, 0), {});

	it.each([
		["", []],
		["Ada is typing…", ["Ada"]],
		["Ada and Lin are typing…", ["Ada", "Lin"]],
		["Several people are typing…", ["Ada", "Lin", "Bo"]],
	] as const)('says "%s" of %j', (words, names) => {
		expect(typistsWords(all(...names), 1)).toBe(words);
	});

	it("forgets who stopped for 4 s, and who has said it", () => {
		expect(typistsWords(all("Ada"), 3_999)).toBe("Ada is typing…");
		expect(typistsWords(all("Ada"), 4_000)).toBe("");
		expect(typistsWords(spoke(all("Ada", "Lin"), "Ada"), 1)).toBe("Lin is typing…");
		expect(typistsWords(typed(all("Ada"), "Ada", 3_000), 6_000)).toBe("Ada is typing…");
	});
});

describe("unread counts", () => {
	it("grow where nobody looks, and are gone when somebody does", () => {
		let unread = arrived({}, "lobby", "general");
		unread = arrived(unread, "lobby", "general");
		expect(arrived(unread, "general", "general")).toEqual({ lobby: 2 });
		expect(looked(unread, "lobby")).toEqual({ lobby: 0 });
	});

	it("are cut off at 99", () => {
		expect([99, 100].map(unreadWords)).toEqual(["99", "99+"]);
	});
});
