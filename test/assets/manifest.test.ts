import { describe, expect, it } from "vitest";
import {
	checkIntegrity,
	checkManifest,
	checkPath,
	isFitting,
	isOlder,
	parseManifest,
} from "../../src/assets/manifest.js";

const HASH = `sha384-${"A".repeat(64)}`;
const entry = { path: "app.js", integrity: HASH, type: "script" };
const manifest = { version: "1", entries: [entry] };
const refused = expect.objectContaining({ code: "invalid-manifest" });

describe("A path of a manifest", () => {
	it.each([
		"app.js",
		"assets/app-3f2a.js",
		"a/b/c d".replace(" ", "_"),
		"[slug].js",
		"ü.css",
		"a..b.js",
		"@scope/x.mjs",
	])("may be %s, with a slash before it or without", (path) => {
		expect([checkPath(path), checkPath(`/${path}`)]).toEqual([path, path]);
		const { pathname, origin } = new URL(`https://cdn.test/base/${path}`);
		expect(decodeURI(origin + pathname)).toBe(`https://cdn.test/base/${path}`);
	});

	it.each([
		"../app.js",
		"a/../../app.js",
		"a/..",
		"..",
		".",
		"./app.js",
		".env",
		"a/.git/config",
		"%2e%2e/app.js",
		"a/%2E%2E/b.js",
		"..\\app.js",
		"a\\b.js",
		"//evil.example/app.js",
		"/\\evil.example/app.js",
		"https://evil.example/app.js",
		"http:app.js",
		"javascript:alert(1)",
		"data:text/javascript,alert(1)",
		"a//b.js",
		"a/",
		"",
		"/",
		"app.js?v=1",
		"app.js#x",
		"a b.js",
		"a\nb.js",
		"a\tb.js",
		" app.js",
		"x".repeat(1_025),
		7,
		null,
		undefined,
		["app.js"],
	])("may not be %j", (path) => {
		expect(() => checkPath(path)).toThrow(refused);
		expect(() => checkManifest({ ...manifest, entries: [{ ...entry, path }] })).toThrow(refused);
	});
});

describe("An integrity", () => {
	it.each([
		["sha256", 44],
		["sha384", 64],
		["sha512", 88],
	])("may be a %s of its length", (name, length) => {
		const hash = `${name}-${"A".repeat(length - 2)}==`;
		expect(checkIntegrity(hash, "x")).toBe(hash);
	});

	it.each([
		["missing", undefined],
		["empty", ""],
		["of an unknown algorithm", `sha3-256-${"A".repeat(44)}`],
		["of a weak one", "sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA="],
		["of a broken one", "md5-AAAAAAAAAAAAAAAAAAAAAA=="],
		["without an algorithm", "A".repeat(64)],
		["too short", "sha384-AAAA"],
		["too long", `sha256-${"A".repeat(64)}`],
		["no base64", `sha384-${"*".repeat(64)}`],
		["with another behind it", `${HASH} sha256-${"A".repeat(44)}`],
		["with an option", `${HASH}?ct=x`],
		["in capitals", HASH.toUpperCase()],
		["a number", 384],
		["a list", [HASH]],
	])("may not be %s", (_what, integrity) => {
		expect(() => checkIntegrity(integrity, "x")).toThrow(refused);
		expect(() => checkManifest({ ...manifest, entries: [{ ...entry, integrity }] })).toThrow(
			refused,
		);
	});
});

describe("A manifest", () => {
	it("is copied, and only what it may have", () => {
		const given = { ...manifest, entries: [{ ...entry, path: "/app.js", bytes: 3, extra: 1 }] };
		const checked = checkManifest(given);
		expect(checked).toEqual({ version: "1", entries: [{ ...entry, bytes: 3 }] });
	});

	it.each<[string, unknown]>([
		["no object", 7],
		["null", null],
		["a list", [manifest]],
		["without a version", { entries: [entry] }],
		["with an empty version", { ...manifest, version: "" }],
		["with a number as version", { ...manifest, version: 1 }],
		["without entries", { version: "1" }],
		["with no entries", { version: "1", entries: [] }],
		["with entries that are no list", { version: "1", entries: { 0: entry } }],
		["with an entry that is none", { version: "1", entries: [null] }],
		["with a path twice", { version: "1", entries: [entry, { ...entry, path: "/app.js" }] }],
		["with an unknown type", { version: "1", entries: [{ ...entry, type: "worker" }] }],
		[
			"with a property's name as type",
			{ version: "1", entries: [{ ...entry, type: "constructor" }] },
		],
		["with negative bytes", { version: "1", entries: [{ ...entry, bytes: -1 }] }],
		["with half a byte", { version: "1", entries: [{ ...entry, bytes: 0.5 }] }],
		[
			"too long",
			{
				version: "1",
				entries: Array.from({ length: 5_001 }, (_, n) => ({ ...entry, path: `${n}` })),
			},
		],
	])("that is %s is refused", (_what, given) => {
		expect(() => checkManifest(given)).toThrow(refused);
		expect(() => parseManifest(JSON.stringify(given))).toThrow(refused);
	});

	it.each(["", "{", "<!doctype html>", "undefined"])("that is not JSON (%j) is refused", (text) => {
		expect(() => parseManifest(text)).toThrow(refused);
	});
});

describe("A version", () => {
	it.each([
		["1", "2"],
		["9", "10"],
		["1.9", "1.10"],
		["build-99", "build-100"],
		["2025-01-31T23:59:59Z", "2025-02-01T00:00:00Z"],
		["1.2.3", "1.3.0"],
	])("%s is older than %s, and not the other way round", (older, newer) => {
		expect([isOlder(older, newer), isOlder(newer, older)]).toEqual([true, false]);
	});

	it("is not older than itself", () => {
		expect(isOlder("1.0.0", "1.0.0")).toBe(false);
	});
});

describe("A MIME type", () => {
	it.each([
		["script", "text/javascript", true],
		["script", "Application/JavaScript; charset=utf-8", true],
		["module", "application/x-javascript", true],
		["module", "application/json", false],
		["script", "text/plain", false],
		["script", "text/html", false],
		["script", "text/html; x=text/javascript", false],
		["script", null, false],
		["style", "text/css; charset=utf-8", true],
		["style", "text/plain", false],
		["data", "application/octet-stream", true],
		["data", null, true],
		["data", "text/html", false],
	] as const)("for a %s of %j: %s", (type, mime, isRight) => {
		expect(isFitting(type, mime, "x.json")).toBe(isRight);
	});

	it("of HTML is right for data that is HTML", () => {
		expect(isFitting("data", "text/html", "help.html")).toBe(true);
	});
});
