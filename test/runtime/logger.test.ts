import { afterEach, describe, expect, it, vi } from "vitest";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { consoleLogger, redact, silentLogger } from "../../src/runtime/logger.js";
import { CANARY_PAYLOAD, CANARY_TOKEN } from "../support/secrets.js";

afterEach(() => vi.restoreAllMocks());

const LEVELS = ["debug", "info", "warn", "error"] as const;

describe("the console logger", () => {
	it.each(LEVELS)("prints %s and what is graver", (level) => {
		const printed: string[] = [];
		for (const each of LEVELS)
			vi.spyOn(console, each).mockImplementation((text) => printed.push(text));
		const logger = consoleLogger(level);
		for (const each of LEVELS) logger[each](each);
		expect(printed).toEqual(
			LEVELS.slice(LEVELS.indexOf(level)).map((each) => `[holdfast] ${each}`),
		);
	});

	it("says nothing when silent", () => {
		const spies = LEVELS.map((each) => vi.spyOn(console, each));
		for (const each of LEVELS) silentLogger[each]("event", { reason: "x" });
		for (const spy of spies) expect(spy).not.toHaveBeenCalled();
	});
});

describe("what is printed of a log call's fields", () => {
	it("is known texts, numbers and truth values as they are", () => {
		const fields = { reason: "drain", dialId: 7, recovered: true, to: null };
		expect(redact(fields)).toEqual(fields);
	});

	it("is only the kind of everything else", () => {
		const fields = { token: CANARY_TOKEN, data: { text: CANARY_PAYLOAD }, run: () => 1 };
		expect(redact(fields)).toEqual({ token: "string", data: "object", run: "function" });
	});

	it("is no query, fragment or user information of a URL", () => {
		const secret = CANARY_TOKEN;
		expect(
			redact({
				url: `wss://me:${secret}@edge.example/live?ticket=${secret}`,
				endpoint: `wss://edge.example/live?ticket=${secret}`,
				reason: `wss://me:${secret}@a.example/#${secret} failed, then wss://b.example/?${secret}`,
			}),
		).toEqual({
			url: "string",
			endpoint: "wss://edge.example/live",
			reason: "wss://a.example/ failed, then wss://b.example/",
		});
	});

	it("is the code of an error, or its kind: the message may quote what it could not parse", () => {
		expect(
			redact({
				cause: new RealtimeError("forbidden", CANARY_PAYLOAD),
				reason: new SyntaxError(`Unexpected token in ${CANARY_PAYLOAD}`),
				// Its code is a number that nobody knows.
				to: new DOMException(CANARY_PAYLOAD, "AbortError"),
			}),
		).toEqual({ cause: "forbidden", reason: "SyntaxError", to: "AbortError" });
	});

	it("is at most 200 characters of a text", () => {
		expect(redact({ reason: "x".repeat(1_000) })).toEqual({ reason: "x".repeat(200) });
	});
});
