/* The control API's actions: what is taken, and what is said of the rest. */
import { describe, expect, it } from "vitest";
import { readAction } from "../../playground/edge/control/read-action.js";
import { readReport } from "../../playground/edge/control/read-report.js";
import { STORIES } from "../../playground/edge/stories/stories.js";

describe("an action", () => {
	it.each([
		{ do: "kill-pop", pop: "DUB" },
		{ do: "drain-pop", pop: "DUB", withinMs: 5_000 },
		{ do: "replace-proxy", pop: "DUB", withinMs: 5_000 },
		{
			do: "set-conditions",
			pop: "DUB",
			link: "main",
			conditions: { delayMs: 300, lossShare: 0.05 },
		},
		{ do: "set-conditions", pop: "DUB", link: "clients", conditions: { door: "reset" } },
		{ do: "flip-dns", pop: "DUB", up: "auto" },
		{ do: "fault-dns", fault: { is: "late", ms: 500 } },
		{
			do: "fault-cdn",
			cdn: "backup",
			fault: { is: "redirect", to: "http://a.test" },
			pattern: "*.js",
		},
		{ do: "set-window", acceptRate: null },
		{ do: "drain", zone: "DUB-a", service: "api", stepPercent: 1, everyMs: 0, reason: "a test" },
		{ do: "undrain", pop: "DUB" },
		{ do: "set-automation", automation: "watch" },
		{ do: "sleep-fleet", ms: 60_000 },
		{ do: "show-certificate", pop: "DUB", certificate: "expired" },
		{ do: "set-checks", pop: "DUB", checks: "fail" },
		{ do: "reload-proxy", pop: "DUB" },
		{ do: "crowd", pop: "DUB", boots: 200, others: 0 },
		{ do: "migrate" },
		{ do: "roll-back" },
		{ do: "allow-boots", pop: "DUB", share: 0.1 },
		{ do: "heal" },
	])("%o is taken as it is", (action) => expect(readAction(action)).toEqual(action));

	it.each([
		[null, "is an object"],
		[[], "is an object"],
		[{ do: "explode" }, '"do" is one of "kill-pop"'],
		[{ do: "__proto__" }, '"do" is one of'],
		[{ do: "kill-pop" }, '"pop" of "kill-pop" is a short text'],
		[{ do: "drain-pop", pop: "DUB", withinMs: -1 }, "milliseconds, from 0 to 600000"],
		[{ do: "set-conditions", pop: "DUB", link: "main", conditions: {} }, "some of door"],
		[
			{ do: "set-conditions", pop: "DUB", link: "main", conditions: { door: "ajar" } },
			"some of door",
		],
		[{ do: "set-upgrades", pop: "DUB", upgrades: "maybe" }, '"pass", "refuse", "swallow"'],
		[{ do: "fault-dns", fault: { is: "late", ms: "soon" } }, "one of none, silent"],
		[{ do: "allow-boots", pop: "DUB", share: 2 }, "from 0 to 1"],
		[{ do: "resize-fleet", clients: 1.5 }, "a whole number"],
		[{ do: "crowd", pop: "DUB", boots: 2_001, others: 0 }, "a whole number from 0 to 2000"],
		[{ do: "set-checks", pop: "DUB", checks: "maybe" }, '"pass", "fail"'],
		[{ do: "drain", pop: "DUB", stepPercent: 0 }, "a whole number from 1 to 100"],
		[{ do: "drain", pop: "DUB", service: "mail" }, 'one of "primary", "backup", "api", or missing'],
		[{ do: "undrain", pop: "DUB", reason: "none" }, '"undrain" has no "reason"'],
		[{ do: "set-automation", automation: true }, 'one of "off", "watch", "on"'],
		[{ do: "sleep-fleet", ms: 60_001 }, "from 1 to 60000"],
		[{ do: "heal", pop: "DUB" }, '"heal" has no "pop": it takes nothing.'],
	])("%o is refused: %s", (value, why) => expect(() => readAction(value)).toThrow(why));
});

describe("a page's report", () => {
	it("is taken, but not in the name of the fleet, and not with holes", () => {
		const subscribed = { is: "subscribed", channel: "a", at: 1 };
		expect(readReport({ client: "ada", events: [subscribed] })).toMatchObject({ client: "ada" });
		expect(() => readReport({ client: "fleet-1", events: [] })).toThrow("none of the fleet");
		expect(() => readReport({ client: "ada", events: [{ is: "delivered" }] })).toThrow("events[0]");
		expect(() => readReport({ client: "ada", events: [{ is: "toString" }] })).toThrow(
			"events[0].is",
		);
	});
});

describe("every story", () => {
	it("has an id of its own, a bite, and steps with a caption", () => {
		expect(new Set(STORIES.map(({ id }) => id)).size).toBe(STORIES.length);
		for (const { steps } of STORIES)
			for (const { caption } of steps) expect(caption).toMatch(/^[A-Z].*\.$/);
	});
});
