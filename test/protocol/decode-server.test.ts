import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import {
	decodeHistory,
	decodePollResponse,
	decodePublishResponse,
	decodeServerMessage,
} from "../../src/protocol/decode-server.js";
import type { ServerFrame } from "../../src/protocol/frames.js";
import { SERVER_TEXT } from "../../src/protocol/limits.js";
import { SERVER_FRAMES } from "./mutants.js";

type Type = ServerFrame["type"];

const decode = (text: string): readonly ServerFrame[] => decodeServerMessage(text, SERVER_TEXT);
const decodeValue = (value: unknown): readonly ServerFrame[] => decode(JSON.stringify(value));
const malformed = expect.objectContaining({ code: "protocol-violation", retryable: false });

// What a frame may leave out; of all else it needs every field.
const OPTIONAL: Partial<Record<Type, readonly string[]>> = {
	message: ["data"],
	rejected: ["retryAfterMs"],
	goodbye: ["endpoints"],
};
const WRONG = [
	null,
	true,
	"",
	0.5,
	-1,
	[],
	{},
	{ epoch: 1, offset: 1 },
	{ epoch: "e", offset: -1 },
];
// Where one of those is no mistake.
const FITS: Record<string, readonly unknown[]> = {
	"message.position": [null],
	"message.from": [null, ""],
	"message.id": [""],
	"message.channel": [""],
	"message.at": [0.5, -1],
	"ping.at": [0.5, -1],
	"pong.at": [0.5, -1],
	"gap.channel": [""],
	"subscribed.channel": [""],
	"subscribed.recovered": [true],
	"published.id": [""],
	"published.duplicate": [true],
	"rejected.id": [""],
	"rejected.code": [""],
	"rejected.retryAfterMs": [0.5, -1],
	"welcome.identity": [""],
	"heads.heads": [{}],
	"goodbye.reason": [""],
	"goodbye.endpoints": [[]],
};

const types = Object.keys(SERVER_FRAMES) as Type[];
const cells = types.flatMap((type) =>
	Object.keys(SERVER_FRAMES[type])
		.filter((field) => field !== "type")
		.map((field) => ({ type, field })),
);

describe("a frame of a server", () => {
	it.each(types)("%s passes as it is", (type) => {
		expect(decodeValue(SERVER_FRAMES[type])).toEqual([SERVER_FRAMES[type]]);
	});

	it.each(cells)(
		"$type without $field is malformed, unless it may go without",
		({ type, field }) => {
			const { [field]: _, ...rest } = SERVER_FRAMES[type] as unknown as Record<string, unknown>;
			if (OPTIONAL[type]?.includes(field)) expect(decodeValue(rest)).toEqual([rest]);
			else expect(() => decodeValue(rest)).toThrow(malformed);
		},
	);

	it.each(cells.filter(({ field }) => field !== "data"))(
		"$type is malformed with anything else as $field",
		({ type, field }) => {
			const isClamped = field.endsWith("Ms") || field === "maxFrameBytes";
			const fits = isClamped ? [0.5, -1] : (FITS[`${type}.${field}`] ?? []);
			for (const wrong of WRONG) {
				const attempt = (): unknown => decodeValue({ ...SERVER_FRAMES[type], [field]: wrong });
				const isFit = fits.some((fit) => isDeepStrictEqual(fit, wrong));
				if (isFit) expect(attempt).not.toThrow();
				else expect(attempt, JSON.stringify(wrong)).toThrow(malformed);
			}
		},
	);

	it("keeps fields that this version does not know, and loses none of the data", () => {
		const data = { __proto__: null, deep: [{ a: [null, 1e21, "\0"] }] };
		const frame = { ...SERVER_FRAMES.message, data, later: 1 };
		expect(decodeValue(frame)).toEqual(JSON.parse(JSON.stringify([frame])));
	});

	it("may name a channel as it likes", () => {
		const text =
			'{"type":"heads","heads":{"__proto__":{"epoch":"e","offset":1},"constructor":{"epoch":"e","offset":2}}}';
		const [frame] = decode(text);
		const heads = frame?.type === "heads" ? Object.entries(frame.heads) : [];
		expect(heads).toEqual([
			["__proto__", { epoch: "e", offset: 1 }],
			["constructor", { epoch: "e", offset: 2 }],
		]);
	});

	it("cannot borrow fields from a __proto__ of its own", () => {
		expect(() => decode('{"__proto__":{"type":"ping","at":1}}')).toThrow(malformed);
		expect(() => decode('{"type":"ping","__proto__":{"at":1}}')).toThrow(malformed);
	});

	it("is ignored when its type is unknown, and malformed when it has none", () => {
		expect(decodeValue({ type: "aurora", at: 1 })).toEqual([]);
		expect(decodeValue({ type: "constructor" })).toEqual([]);
		for (const value of [{}, { type: 1 }, null, 1, "ping", [[]], [[SERVER_FRAMES.ping]], [null]])
			expect(() => decodeValue(value), JSON.stringify(value)).toThrow(malformed);
	});
});

describe("numbers of a server", () => {
	it("are brought into their range: no wait beyond ten minutes, no age beyond a week", () => {
		const text = JSON.stringify({ ...SERVER_FRAMES.welcome, maxAgeMs: 1e12, tokenTtlMs: -5 });
		const [welcome] = decode(text.replace('"windowMs":90000', '"windowMs":1e999'));
		expect(welcome).toMatchObject({ windowMs: 600_000, maxAgeMs: 604_800_000, tokenTtlMs: 0 });
	});

	it("make neither a flood of pings nor a frame that no hello fits into", () => {
		const beats = { heartbeatMs: 0, timeoutMs: -1, maxFrameBytes: 10 };
		const [welcome] = decodeValue({ ...SERVER_FRAMES.welcome, ...beats });
		expect(welcome).toMatchObject({ heartbeatMs: 50, timeoutMs: 50, maxFrameBytes: 1_024 });
	});

	it("may be unknown words of a later version, which count as the mildest known", () => {
		expect(decodeValue({ ...SERVER_FRAMES.rejected, code: "later" })).toMatchObject([
			{ code: "invalid" },
		]);
		expect(decodeValue({ ...SERVER_FRAMES.goodbye, reason: "later" })).toMatchObject([
			{ reason: "drain" },
		]);
	});

	it("are exact where they are counted: an offset past 2^53 is malformed", () => {
		const frame = JSON.stringify(SERVER_FRAMES.message);
		for (const offset of ["9007199254740992", "1e999", "1.5", "-1"])
			expect(() => decode(frame.replace('"offset":7', `"offset":${offset}`))).toThrow(malformed);
	});
});

describe("a batch", () => {
	it("is read in order", () => {
		const frames = Object.values(SERVER_FRAMES);
		expect(decodeValue(frames)).toEqual(frames);
		expect(decodeValue([])).toEqual([]);
	});

	it("is spoiled by one malformed frame", () => {
		expect(() => decodeValue([SERVER_FRAMES.ping, { type: "ping" }])).toThrow(malformed);
	});

	it("has an end", () => {
		const frames = Array.from({ length: 1_025 }, () => SERVER_FRAMES.ping);
		expect(decodeValue(frames.slice(1))).toHaveLength(1_024);
		expect(() => decodeValue(frames)).toThrow(malformed);
	});
});

describe("a short message", () => {
	const position = { epoch: "e", offset: 7 };
	const message = { ...SERVER_FRAMES.message, position, at: 5, from: "ann" };
	const next = (offset: number, over: object) => ({
		...message,
		position: { epoch: "e", offset },
		...over,
	});

	it("is the next of its channel, with all that it leaves out", () => {
		const shorts = [
			["x", 1],
			["y", null, 6],
			["z", [], 6, null],
			["", 2],
		];
		expect(decodeValue([SERVER_FRAMES.ping, message, ...shorts, SERVER_FRAMES.ping])).toEqual([
			SERVER_FRAMES.ping,
			message,
			next(8, { id: "x", data: 1 }),
			next(9, { id: "y", data: null, at: 6 }),
			next(10, { id: "z", data: [], at: 6, from: null }),
			next(11, { id: "", data: 2, at: 6, from: null }),
			SERVER_FRAMES.ping,
		]);
	});

	it.each([
		["alone", ["x", 1]],
		["first", [["x", 1], message]],
		["behind another frame", [message, SERVER_FRAMES.ping, ["x", 1]]],
		["behind an ephemeral message", [{ ...message, position: null }, ["x", 1]]],
		["behind a malformed one", [{ ...message, id: 5 }, ["x", 1]]],
		["of a position that cannot be", [{ ...message, position: { epoch: "e" } }, ["x", 1]]],
		["without an id", [message, []]],
		["with an id that is none", [message, [1, 1]]],
		["at no time", [message, ["x", 1, "now"]]],
		["at null", [message, ["x", 1, null]]],
		["of nobody that has a name", [message, ["x", 1, 5, 5]]],
		[
			"past the last offset",
			[{ ...message, position: { epoch: "e", offset: 2 ** 53 - 1 } }, ["x", 1]],
		],
	])("%s is malformed", (_, value) => {
		expect(() => decodeValue(value)).toThrow(malformed);
	});
});

describe("a text", () => {
	it("is not parsed when it is too long", () => {
		const limits = { maxLength: 10, maxFrames: 1 };
		const tooLarge = expect.objectContaining({ code: "message-too-large" });
		expect(() => decodeServerMessage("[[[[[[[[[[[", limits)).toThrow(tooLarge);
		expect(() => decodeServerMessage("[[[[[[[[[[", limits)).toThrow(malformed);
	});

	it("of a hundred thousand brackets overflows no stack", () => {
		const deep = "[".repeat(100_000) + "]".repeat(100_000);
		expect(() => decode(deep)).toThrow(malformed);
		const frame = JSON.stringify({ ...SERVER_FRAMES.message, data: 0 });
		expect(decode(frame.replace('"data":0', `"data":${deep}`))).toHaveLength(1);
	});

	it("is not quoted by the error: it may hold a token", () => {
		const caught = ((): unknown => {
			try {
				return decode('{"token":"planted-secret"');
			} catch (reason) {
				return reason;
			}
		})();
		expect(caught).toEqual(malformed);
		expect(caught).not.toHaveProperty("cause");
		expect(String(caught)).not.toContain("planted");
	});
});

const POLLED = {
	identity: "ann",
	frames: [SERVER_FRAMES.subscribed, SERVER_FRAMES.message, SERVER_FRAMES.rejected],
	pollAfterMs: 5_000,
	windowMs: 0,
	dedupeMs: 600_000,
	realtime: "up",
};

describe("answers of the HTTP half", () => {
	it("pass as they are", () => {
		expect(decodePollResponse(JSON.stringify(POLLED), SERVER_TEXT)).toEqual(POLLED);
		const results = [SERVER_FRAMES.published, SERVER_FRAMES.rejected];
		const published = { results, dedupeMs: 600_000 };
		expect(decodePublishResponse(JSON.stringify(published), SERVER_TEXT)).toEqual(published);
		const history = { messages: [SERVER_FRAMES.message] };
		expect(decodeHistory(JSON.stringify(history), SERVER_TEXT)).toEqual(history);
	});

	it("may carry more messages than one WebSocket message may", () => {
		const frames = Array.from({ length: 5_000 }, () => SERVER_FRAMES.message);
		const text = JSON.stringify({ ...POLLED, frames });
		expect(decodePollResponse(text, SERVER_TEXT).frames).toHaveLength(5_000);
	});

	it("bring no redial forward unless they say a plain up", () => {
		for (const realtime of ["down", "UP", true, undefined]) {
			const text = JSON.stringify({ ...POLLED, realtime });
			expect(decodePollResponse(text, SERVER_TEXT).realtime).toBe("down");
		}
	});

	it("ask for no poll later than in ten minutes", () => {
		const text = JSON.stringify({ ...POLLED, pollAfterMs: 1e9 });
		expect(decodePollResponse(text, SERVER_TEXT).pollAfterMs).toBe(600_000);
	});

	it.each(Object.keys(POLLED).filter((field) => field !== "realtime"))(
		"are malformed without %s",
		(field) => {
			const { [field]: _, ...rest } = POLLED as Record<string, unknown>;
			expect(() => decodePollResponse(JSON.stringify(rest), SERVER_TEXT)).toThrow(malformed);
		},
	);

	it.each(["<!doctype html><title>Log in to Wi-Fi</title>", "", "[]", "null", "1"])(
		"are malformed when a captive portal answers instead: %s",
		(text) => {
			for (const decodeAnswer of [decodePollResponse, decodePublishResponse, decodeHistory])
				expect(() => decodeAnswer(text, SERVER_TEXT)).toThrow(malformed);
		},
	);

	it("hold only what belongs there", () => {
		const messages = [SERVER_FRAMES.message, SERVER_FRAMES.welcome];
		const history = decodeHistory(JSON.stringify({ messages }), SERVER_TEXT);
		expect(history.messages).toEqual([SERVER_FRAMES.message]);
		const results = [SERVER_FRAMES.published, SERVER_FRAMES.message];
		const published = decodePublishResponse(JSON.stringify({ results, dedupeMs: 1 }), SERVER_TEXT);
		expect(published.results).toEqual([SERVER_FRAMES.published]);
	});
});
