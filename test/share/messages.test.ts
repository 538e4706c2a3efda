import { describe, expect, it } from "vitest";
import { fullAllowance, spend } from "../../src/share/allowance.js";
import { admit, MAX_CARRIED, NO_CARRIAGE, turnDown } from "../../src/share/carriage.js";
import type { TabMessage } from "../../src/share/contract.js";
import { groupText } from "../../src/share/group.js";
import { readMessage } from "../../src/share/messages.js";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { fromPlain, toPlain } from "../../src/share/plain.js";
import { seededRandom } from "../../src/testing.js";

const view = {
	term: 1,
	links: [{ link: 3, via: "websocket" }],
	current: 3,
	route: { link: 3, dedupeMs: 600_000 },
	identity: "ada",
	connection: {
		status: "connected",
		endpoint: "wss://a.test",
		role: "primary",
		since: 1,
		recovered: false,
		latencyMs: null,
	},
	mode: { mode: "degraded", since: 1, reasons: ["connection"] },
} as const;

const GOOD: readonly TabMessage[] = [
	{ from: "a", type: "hello", visible: true },
	{ from: "a", type: "bye" },
	{ from: "a", type: "beat", term: 3, leaseMs: 1_000, isTired: false },
	{ from: "a", type: "want" },
	{ from: "a", type: "yield", to: "b" },
	{ from: "a", type: "full", to: "b" },
	{ from: "a", type: "view", to: null, seat: null, view },
	{
		from: "a",
		type: "view",
		to: "b",
		seat: 4,
		view: {
			...view,
			connection: {
				status: "failed",
				cause: { code: "unauthorized", message: "no", retryable: false },
			},
		},
	},
	{ from: "a", type: "down", to: null, link: 3, text: "[]" },
	{ from: "a", type: "up", to: "b", link: -1, text: "[]", ages: [null, 5] },
	{ from: "a", type: "call", to: "b", id: 1, name: "load-more", reason: "asked" },
	{ from: "a", type: "reply", to: "b", id: 1, value: 3 },
];

const JUNK: readonly unknown[] = [
	undefined,
	null,
	-1,
	1.5,
	Number.NaN,
	"",
	"x".repeat(2_000),
	true,
	[],
	{},
	[null],
	new Date(0),
];

/** The message with one field, anywhere in it, replaced or gone. */
function spoil(value: unknown, random: () => number): unknown {
	if (typeof value !== "object" || value === null) return JUNK[Math.floor(random() * JUNK.length)];
	const keys = Object.keys(value);
	if (keys.length === 0) return null;
	const key = keys[Math.floor(random() * keys.length)] as string;
	const copy = structuredClone(value) as Record<string, unknown>;
	if (random() < 0.2) delete copy[key];
	else copy[key] = spoil(copy[key], random);
	return copy;
}

describe("a message between tabs", () => {
	it.each(GOOD)("that is whole is read: $type", (message) => {
		expect(readMessage(structuredClone(message))).toEqual(message);
	});

	it.each([
		...JUNK,
		{ from: "a" },
		{ from: "a", type: "toString" },
		{ from: "a", type: "__proto__" },
		{ type: "bye" },
	])("that is not ours is nothing: %j", (message) => {
		expect(readMessage(message)).toBeNull();
	});

	it("that is spoilt is nothing, or still whole, and never throws: 20,000 of them", () => {
		const random = seededRandom(42);
		let refused = 0;
		for (let n = 0; n < 20_000; n += 1) {
			const spoilt = spoil(GOOD[n % GOOD.length], random);
			const read = readMessage(spoilt);
			if (read === null) refused += 1;
			else expect(read).toBe(spoilt);
		}
		expect(refused).toBeGreaterThan(10_000);
	});

	it("carries an error as code and sentence, without its stack or what lies underneath", () => {
		const cause = new RealtimeError("unauthorized", "refused", {
			cause: new Error("t0ken"),
			retryable: false,
		});
		const plain = toPlain({ status: "failed", cause }, { mode: "normal" });
		expect(JSON.stringify(plain)).not.toContain("t0ken");
		expect(fromPlain(plain.connection)).toMatchObject({
			status: "failed",
			cause: { code: "unauthorized", message: "refused", retryable: false },
		});
	});
});

describe("a group", () => {
	const options = {
		version: "1",
		endpoints: [{ url: "wss://a.test", role: "primary" }],
		api: ["https://a.test"],
		filters: [],
		policies: [{ b: 1, a: 2 }],
		tokenDigest: null,
	} as const;

	it("has one name for the same options, in whichever order", () => {
		expect(groupText({ ...options, policies: [{ a: 2, b: 1 }] })).toBe(groupText(options));
	});

	it.each<[string, object]>([
		["version", { version: "2" }],
		["endpoints", { endpoints: [{ url: "wss://b.test" }] }],
		["role", { endpoints: [{ url: "wss://a.test", role: "backup" }] }],
		["api", { api: [] }],
		["filters", { filters: ["(all) => all"] }],
		["policy", { policies: [{ b: 1, a: 3 }] }],
		["identity", { tokenDigest: "x" }],
	])("has another name with another %s", (_, change) => {
		expect(groupText({ ...options, ...change })).not.toBe(groupText(options));
	});
});

describe("what one tab may ask", () => {
	const publish = (id: string, first?: true) =>
		({ type: "publish", id, channel: "c", data: 1, ...(first && { first }) }) as const;

	it("is bounded at once and by the second, and comes back", () => {
		const spent = spend(fullAllowance(0), 10_000, 0);
		expect(spent).toEqual({ left: 0, at: 0 });
		expect(spend(spent as never, 1, 0)).toBeNull();
		expect(spend(spent as never, 2_000, 1_000)).toEqual({ left: 0, at: 1_000 });
	});

	it("is so many publishes at a time; the next is to come again", () => {
		let held = NO_CARRIAGE;
		for (let n = 0; n < MAX_CARRIED; n += 1) {
			const [next, verdict] = admit(held, publish(`${n}`));
			expect(verdict).toBe("take");
			held = next;
		}
		expect(admit(held, publish("more"))[1]).toBe("retry");
		expect(admit(held, publish("7"))[1]).toBe("known");
	});

	it("keeps its order: after one that is to come again, later ones are too", () => {
		const held = turnDown(NO_CARRIAGE, "1", "c");
		expect(admit(held, publish("2"))[1]).toBe("retry");
		expect(admit(held, { ...publish("2"), channel: "d" })[1]).toBe("take");
		const [open] = admit(held, publish("1"));
		expect(admit(open, publish("2"))[1]).toBe("take");
		expect(admit(held, publish("0", true))[1]).toBe("take");
	});
});
