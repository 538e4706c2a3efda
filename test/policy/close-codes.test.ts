import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRealtimeError } from "../../src/errors/realtime-error.js";
import { type CloseEnd, type CloseVerdict, classifyClose } from "../../src/policy/close-codes.js";

const closed = (code: number, reason = ""): CloseEnd => ({ code, reason, opened: true });
const refused = (httpStatus?: number, retryAfterMs?: number): CloseEnd => ({
	code: 1006,
	reason: "",
	opened: false,
	...(httpStatus !== undefined && { httpStatus }),
	...(retryAfterMs !== undefined && { retryAfterMs }),
});

function inWords({ cause, blame, isAnnounced, isTokenRejected }: CloseVerdict): string {
	const words: string[] = [cause.code, blame];
	if (isAnnounced) words.push("announced");
	if (isTokenRejected) words.push("fresh token");
	if (!cause.retryable) words.push("final");
	return words.join(", ");
}

const CODES: Record<string, string> = {
	1000: "connection-lost, endpoint",
	1001: "connection-lost, endpoint, announced",
	1002: "protocol-violation, endpoint",
	1003: "protocol-violation, endpoint",
	1005: "connection-lost, endpoint",
	1006: "connection-lost, endpoint",
	1007: "protocol-violation, endpoint",
	1008: "unauthorized, nobody, fresh token",
	1009: "message-too-large, nobody",
	1011: "connection-lost, endpoint",
	1012: "connection-lost, endpoint, announced",
	1013: "overloaded, endpoint",
	1015: "endpoint-refused, endpoint",
	4400: "protocol-violation, endpoint",
	4401: "unauthorized, nobody, fresh token",
	4403: "forbidden, nobody, final",
	4408: "connect-timeout, nobody",
	4410: "connection-lost, nobody",
	4413: "message-too-large, nobody",
	4429: "overloaded, nobody",
	4999: "connection-lost, endpoint",
	3000: "connection-lost, endpoint",
};

const STATUSES: Record<string, string> = {
	200: "endpoint-refused, endpoint",
	302: "endpoint-refused, endpoint",
	307: "endpoint-refused, endpoint",
	400: "endpoint-refused, endpoint",
	401: "unauthorized, nobody, fresh token",
	403: "forbidden, nobody, final",
	404: "endpoint-refused, endpoint",
	426: "endpoint-refused, endpoint",
	429: "overloaded, endpoint",
	500: "endpoint-refused, endpoint",
	502: "endpoint-refused, endpoint",
	503: "endpoint-refused, endpoint",
};

describe("the end of a link", () => {
	it.each(Object.entries(CODES))("by %s is: %s", (code, words) => {
		expect(inWords(classifyClose(closed(Number(code))))).toBe(words);
	});

	it("is told by its code even when the handshake had a status", () => {
		const end = { ...closed(1006), httpStatus: 101 };
		expect(inWords(classifyClose(end))).toBe("connection-lost, endpoint");
	});
});

describe("a handshake that failed", () => {
	it.each(Object.entries(STATUSES))("with HTTP %s is: %s", (status, words) => {
		expect(inWords(classifyClose(refused(Number(status))))).toBe(words);
	});

	it("without a status, as browsers show it, is a refusal", () => {
		expect(inWords(classifyClose(refused()))).toBe("endpoint-refused, endpoint");
	});

	it("with 503 is overload where a time is named, and a dead proxy where none is", () => {
		const verdict = classifyClose(refused(503, 7_000));
		expect(inWords(verdict)).toBe("overloaded, endpoint");
		expect(verdict.retryAfterMs).toBe(7_000);
		expect(verdict.cause.retryAfterMs).toBe(7_000);
	});
});

describe("the close reason", () => {
	it.each([1001, 1012, 1013])("of %s names the window over which to come back", (code) => {
		const verdict = classifyClose(closed(code, '{"w":90000}'));
		expect(verdict.windowMs).toBe(90_000);
		expect(verdict.retryAfterMs).toBeUndefined();
	});

	it("of 4429 is for this client alone, and keeps it away for that long", () => {
		const verdict = classifyClose(closed(4429, '{"w":10000}'));
		expect(verdict).toMatchObject({ windowMs: 10_000, retryAfterMs: 10_000 });
	});

	it("may also say how long to stay away at least", () => {
		const verdict = classifyClose(closed(1013, '{"w":90000,"r":5000}'));
		expect(verdict).toMatchObject({ windowMs: 90_000, retryAfterMs: 5_000 });
		expect(verdict.cause.retryAfterMs).toBe(5_000);
	});

	it("counts for ten minutes at most", () => {
		const verdict = classifyClose(closed(1012, '{"w":1e99,"r":3600000}'));
		expect(verdict).toMatchObject({ windowMs: 600_000, retryAfterMs: 600_000 });
	});

	it.each([
		"",
		"going away",
		"null",
		"[]",
		"90000",
		'{"w":"90000"}',
		'{"w":-1}',
		'{"w":0}',
		'{"w":null}',
		'{"w":[90000]}',
		'{"w":90000',
		'{"__proto__":{"w":90000}}',
	])("is ignored when it is garbage: %s", (reason) => {
		const verdict = classifyClose(closed(1012, reason));
		expect(verdict).not.toHaveProperty("windowMs");
		expect(verdict).not.toHaveProperty("retryAfterMs");
	});

	it("never throws, and never names a time that no timer could take", () => {
		const any = fc.record({
			code: fc.oneof(fc.nat(5_000), fc.double()),
			reason: fc.oneof(fc.string(), fc.json()),
			opened: fc.boolean(),
			httpStatus: fc.nat(999),
			retryAfterMs: fc.double(),
		});
		const property = fc.property(any, (end) => {
			const verdict = classifyClose(end);
			expect(isRealtimeError(verdict.cause)).toBe(true);
			for (const ms of [verdict.windowMs, verdict.retryAfterMs])
				expect(ms === undefined || (ms > 0 && ms <= 600_000)).toBe(true);
		});
		fc.assert(property, { numRuns: 5_000, seed: 6 });
	});
});
