import { describe, expect, it } from "vitest";
import {
	decodeClientMessage,
	decodePollRequest,
	decodePublishRequest,
	isTooDeep,
} from "../../src/protocol/decode-client.js";
import type { ClientFrame } from "../../src/protocol/frames.js";
import type { TextLimits } from "../../src/protocol/limits.js";
import { CLIENT_FRAMES } from "./mutants.js";

type Type = ClientFrame["type"];

const LIMITS: TextLimits = { maxLength: 65_536, maxFrames: 1_024 };
const decodeValue = (value: unknown): readonly ClientFrame[] =>
	decodeClientMessage(JSON.stringify(value), LIMITS);
const malformed = expect.objectContaining({ code: "protocol-violation" });

// What a frame may leave out; of all else it needs every field.
const OPTIONAL: Partial<Record<Type, readonly string[]>> = {
	hello: ["as", "short"],
	publish: ["data", "first"],
	subscribe: ["from"],
};
// One longer, and it is malformed.
const LONGEST: readonly (readonly [Type, string, number])[] = [
	["hello", "token", 8_192],
	["hello", "client", 128],
	["hello", "name", 128],
	["hello", "version", 128],
	["hello", "as", 256],
	["subscribe", "channel", 256],
	["unsubscribe", "channel", 256],
	["publish", "channel", 256],
	["publish", "id", 128],
	["token", "token", 8_192],
];
const WRONG: readonly (readonly [Type, string, readonly unknown[]])[] = [
	["hello", "token", [1, {}, []]],
	["hello", "class", ["", "Boot", null]],
	["hello", "link", [-1, 0.5, "1", null]],
	["hello", "as", [null, 1]],
	["hello", "short", [null, 1, false]],
	["subscribe", "id", [-1, 0.5, "1", null]],
	["subscribe", "channel", ["", 1, null, {}]],
	["subscribe", "from", ["latest", 1, [], {}, { last: -1 }, { last: "1" }, { epoch: "e" }]],
	["subscribe", "from", [{ epoch: 1, offset: 1 }, { epoch: "e", offset: -1 }, { last: null }]],
	["publish", "id", ["", 1, null]],
	["publish", "channel", ["", 1, null]],
	["publish", "first", [false, 1, null]],
	["publish", "ephemeral", [false, 1, null]],
	["token", "token", [null, 1]],
	["ping", "at", [null, "1"]],
];

const types = Object.keys(CLIENT_FRAMES) as Type[];
const cells = types.flatMap((type) =>
	Object.keys(CLIENT_FRAMES[type])
		.filter((field) => field !== "type")
		.map((field) => ({ type, field })),
);

describe("a frame of a client", () => {
	it.each(types)("%s passes as it is", (type) => {
		expect(decodeValue(CLIENT_FRAMES[type])).toEqual([CLIENT_FRAMES[type]]);
	});

	it.each(cells)(
		"$type without $field is malformed, unless it may go without",
		({ type, field }) => {
			const { [field]: _, ...rest } = CLIENT_FRAMES[type] as unknown as Record<string, unknown>;
			if (OPTIONAL[type]?.includes(field)) expect(decodeValue(rest)).toMatchObject([rest]);
			else expect(() => decodeValue(rest)).toThrow(malformed);
		},
	);

	it.each(LONGEST)("%s is malformed with a %s longer than %d", (type, field, length) => {
		const longest = { ...CLIENT_FRAMES[type], [field]: "x".repeat(length) };
		expect(decodeValue(longest)).toEqual([longest]);
		const longer = { ...CLIENT_FRAMES[type], [field]: "x".repeat(length + 1) };
		expect(() => decodeValue(longer)).toThrow(malformed);
	});

	it.each(WRONG)("%s is malformed with a wrong %s", (type, field, values) => {
		for (const value of values)
			expect(
				() => decodeValue({ ...CLIENT_FRAMES[type], [field]: value }),
				JSON.stringify(value),
			).toThrow(malformed);
	});

	it("is ignored when its type is unknown, a server's among them", () => {
		expect(decodeValue([{ type: "aurora" }, { type: "welcome" }, { type: "__proto__" }])).toEqual(
			[],
		);
	});

	it("is malformed when it has no type, or is no object", () => {
		for (const value of [{}, { type: 1 }, null, 1, "ping", [[]], [null], [[CLIENT_FRAMES.ping]]])
			expect(() => decodeValue(value), JSON.stringify(value)).toThrow(malformed);
	});

	it("may name a channel as it likes", () => {
		for (const channel of ["__proto__", "constructor", "prototype", "\0", "\ud800", " "])
			expect(decodeValue({ ...CLIENT_FRAMES.publish, channel })).toMatchObject([{ channel }]);
	});
});

describe("where a subscription starts", () => {
	const startOf = (from: unknown): unknown => {
		const [frame] = decodeValue({ ...CLIENT_FRAMES.subscribe, from });
		return frame?.type === "subscribe" ? frame.from : "none";
	};

	it("is one of four forms; left out, it is the head", () => {
		for (const from of [null, "earliest", { last: 5 }, { epoch: "e", offset: 0 }])
			expect(startOf(from)).toEqual(from);
		expect(startOf(undefined)).toBeNull();
	});

	it("is never two of them at once", () => {
		expect(startOf({ epoch: "e", offset: 1, last: "x" })).toEqual({ epoch: "e", offset: 1 });
		expect(startOf({ last: 5, epoch: 1, more: true })).toEqual({ last: 5 });
	});

	it("asks for ten thousand of the past at most", () => {
		expect(startOf({ last: 1e15 })).toEqual({ last: 10_000 });
	});

	it("has an epoch of a sane length", () => {
		expect(() => startOf({ epoch: "e".repeat(129), offset: 1 })).toThrow(malformed);
	});
});

const ask = { id: 1, from: null };

describe("a poll request", () => {
	const decodePoll = (value: unknown): unknown => decodePollRequest(JSON.stringify(value), LIMITS);

	it("passes as it is", () => {
		const request = { channels: { room: ask }, waitMs: 25_000, peek: true, as: "ann" };
		expect(decodePoll(request)).toEqual(request);
		expect(decodePoll({ channels: {}, waitMs: 0 })).toEqual({ channels: {}, waitMs: 0 });
	});

	it("may ask for a channel named __proto__, which changes no prototype", () => {
		const text = '{"channels":{"__proto__":{"id":1,"from":"earliest"}},"waitMs":0}';
		const { channels } = decodePollRequest(text, LIMITS);
		expect(Object.entries(channels)).toEqual([["__proto__", { id: 1, from: "earliest" }]]);
		expect(Object.getPrototypeOf(channels)).toBe(Object.prototype);
	});

	it("waits half a minute at most", () => {
		expect(decodePoll({ channels: {}, waitMs: 1e9 })).toMatchObject({ waitMs: 30_000 });
		expect(decodePoll({ channels: {}, waitMs: -1 })).toMatchObject({ waitMs: 0 });
	});

	it("asks for a thousand channels at most", () => {
		const channels = (count: number): object =>
			Object.fromEntries(Array.from({ length: count }, (_, at) => [`c${at}`, ask]));
		expect(decodePoll({ channels: channels(1_000), waitMs: 0 })).toBeDefined();
		expect(() => decodePoll({ channels: channels(1_001), waitMs: 0 })).toThrow(malformed);
	});

	it.each([
		{ waitMs: 0 },
		{ channels: {} },
		{ channels: [], waitMs: 0 },
		{ channels: { room: null }, waitMs: 0 },
		{ channels: { room: { from: null } }, waitMs: 0 },
		{ channels: { room: { id: 1, from: "now" } }, waitMs: 0 },
		{ channels: { "": ask }, waitMs: 0 },
		{ channels: { ["x".repeat(257)]: ask }, waitMs: 0 },
		{ channels: {}, waitMs: 0, peek: false },
		{ channels: {}, waitMs: 0, as: 1 },
	])("is malformed as %j", (request) => {
		expect(() => decodePoll(request)).toThrow(malformed);
	});
});

describe("a publish request", () => {
	const { type: _, ...publish } = CLIENT_FRAMES.publish;
	const decodePublish = (value: unknown): unknown =>
		decodePublishRequest(JSON.stringify(value), LIMITS);
	const request = { client: "c", link: 3, as: "ann", publishes: [publish] };

	it("passes as it is", () => {
		expect(decodePublish(request)).toEqual(request);
	});

	it("carries sixteen publishes at most", () => {
		const publishes = Array.from({ length: 17 }, () => publish);
		expect(decodePublish({ ...request, publishes: publishes.slice(1) })).toBeDefined();
		expect(() => decodePublish({ ...request, publishes })).toThrow(malformed);
	});

	it.each([
		{ ...request, client: 1 },
		{ ...request, link: -1 },
		{ ...request, as: null },
		{ ...request, publishes: {} },
		{ ...request, publishes: [null] },
		{ ...request, publishes: [{ ...publish, id: "" }] },
	])("is malformed as %j", (wrong) => {
		expect(() => decodePublish(wrong)).toThrow(malformed);
	});
});

describe("the depth of published data", () => {
	const nested = (depth: number): unknown => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);

	it("is at most 128, and looking for more overflows no stack", () => {
		expect(isTooDeep(nested(128))).toBe(false);
		expect(isTooDeep(nested(129))).toBe(true);
		expect(isTooDeep(nested(100_000))).toBe(true);
		expect(isTooDeep({ a: [1, { b: nested(127) }] })).toBe(true);
	});

	it("is none for what is no object", () => {
		for (const data of [undefined, null, 1, "[[[", true]) expect(isTooDeep(data, 0)).toBe(false);
	});
});
