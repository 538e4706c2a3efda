/* E16: each way in which a CDN fails, as a client meets it. */
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { request as requestTls } from "node:https";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { CdnFault } from "../../../playground/edge/cdn/faults.js";
import { type Cdn, type CdnOptions, startCdn } from "../../../playground/edge/cdn/server.js";
import { until } from "../../support/until.js";

const APP = "console.log('the app');\n".repeat(100);
let folder: string;
let root: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "holdfast-cdn-"));
	root = join(folder, "dist");
	await mkdir(join(root, "assets"), { recursive: true });
	const files = {
		"index.html": "<!doctype html><p>Home",
		"app.js": APP,
		"assets/app-B7x9kQ2a.js": APP,
		"assets/style.css": "p { color: red }",
		"assets/data.json": "{}",
		"assets/blob": "bytes",
		"assets/a b.txt": "spaces",
		".env": "SECRET=1",
		"../secret.txt": "secret",
		"../dist-twin/secret.txt": "secret",
	};
	await mkdir(join(folder, "dist-twin"));
	for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
	await symlink(join(folder, "secret.txt"), join(root, "leak.txt"));
	await symlink(join(folder, "dist-twin"), join(root, "twin"));
});
afterAll(() => rm(folder, { recursive: true }));

async function cdn(options: Partial<CdnOptions> = {}): Promise<Cdn> {
	const started = await startCdn({ root, ...options });
	onTestFinished(() => started.stop());
	return started;
}

interface Got {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
	/** Null: it came whole. */
	readonly error: string | null;
}

interface Ask {
	readonly method?: string;
	readonly headers?: Readonly<Record<string, string>>;
	/** A certificate to trust. */
	readonly ca?: string;
}

/** Not by fetch, which tidies paths up. Resolves with what came, however it ended. */
function get(
	{ origin }: Cdn,
	path: string,
	{ method = "GET", headers = {}, ca }: Ask = {},
): Promise<Got> {
	const { hostname: host, port, protocol } = new URL(origin);
	const tls = ca === undefined ? {} : { ca, checkServerIdentity: () => undefined };
	const options = { host, port, path, method, headers, agent: false, ...tls } as const;
	return new Promise((resolve) => {
		let got: Got = { status: 0, headers: {}, body: "", error: null };
		const end = (error: NodeJS.ErrnoException | null): void =>
			resolve({ ...got, error: error?.code ?? null });
		const sent = (protocol === "https:" ? requestTls : request)(options, (response) => {
			got = { ...got, status: response.statusCode ?? 0, headers: response.headers };
			response.setEncoding("utf8").on("data", (text: string) => {
				got = { ...got, body: got.body + text };
			});
			response.on("end", () => end(null)).on("error", end);
		});
		sent.on("error", end).end();
	});
}

describe("A CDN", () => {
	it.each([
		["/", "text/html; charset=utf-8", "no-cache"],
		["/index.html", "text/html; charset=utf-8", "no-cache"],
		["/app.js", "text/javascript; charset=utf-8", "public, max-age=60"],
		["/app.js?v=1", "text/javascript; charset=utf-8", "public, max-age=60"],
		[
			"/assets/app-B7x9kQ2a.js",
			"text/javascript; charset=utf-8",
			"public, max-age=31536000, immutable",
		],
		["/assets/style.css", "text/css; charset=utf-8", "public, max-age=60"],
		["/assets/data.json", "application/json; charset=utf-8", "public, max-age=60"],
		["/assets/blob", "application/octet-stream", "public, max-age=60"],
		["/assets/a%20b.txt", "text/plain; charset=utf-8", "public, max-age=60"],
	])("serves %s as %s, %s, to pages of any origin", async (path, type, freshness) => {
		const { status, headers } = await get(await cdn(), path);
		expect(status).toBe(200);
		expect(headers).toMatchObject({
			"content-type": type,
			"cache-control": freshness,
			"access-control-allow-origin": "*",
			"cross-origin-resource-policy": "cross-origin",
			"x-content-type-options": "nosniff",
		});
	});

	it("serves the bytes as they are, their length alone to HEAD, and nothing to who has them", async () => {
		const server = await cdn();
		const whole = await get(server, "/app.js");
		expect([whole.body, whole.headers["content-length"]]).toEqual([APP, `${APP.length}`]);
		const head = await get(server, "/app.js", { method: "HEAD" });
		expect([head.status, head.body, head.headers["content-length"]]).toEqual([
			200,
			"",
			`${APP.length}`,
		]);
		for (const tag of [whole.headers.etag, `"other", W/${whole.headers.etag}`]) {
			const known = await get(server, "/app.js", { headers: { "If-None-Match": `${tag}` } });
			expect([known.status, known.body]).toEqual([304, ""]);
		}
		const other = await get(server, "/app.js", { headers: { "If-None-Match": '"other"' } });
		expect(other.status).toBe(200);
	});

	it.each([
		"/nothing.js",
		"/assets",
		"/assets/",
		"/../secret.txt",
		"/assets/../../secret.txt",
		"/%2e%2e/secret.txt",
		"/..%2fsecret.txt",
		"/..%5csecret.txt",
		"/%2e%2e%2fdist-twin/secret.txt",
		"//secret.txt",
		"/leak.txt",
		"/twin/secret.txt",
		"/.env",
		"/%00",
		"/app.js%00.html",
		"/%",
		"/%ff",
	])("has no %s", async (path) => {
		const { status, body, headers } = await get(await cdn(), path);
		expect([status, body]).toEqual([404, "No such file."]);
		expect(headers["cache-control"]).toBe("no-store");
	});

	it("takes no other method", async () => {
		const server = await cdn();
		for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
			expect(await get(server, "/app.js", { method })).toMatchObject({
				status: 405,
				headers: { allow: "GET, HEAD" },
			});
	});

	it("tells who watches of each request, and of the fault that it met", async () => {
		const asked: (readonly [string, string | null])[] = [];
		const server = await cdn({ asked: (...one) => asked.push(one) });
		await server.fault({ is: "html" }, "*.css");
		await get(server, "/app.js?x");
		await get(server, "/assets/style.css");
		expect(asked).toEqual([
			["/app.js", null],
			["/assets/style.css", "html"],
		]);
	});
});

/** What a request for /app.js meets. */
async function meet(fault: CdnFault): Promise<Got> {
	const server = await cdn();
	await server.fault(fault);
	return get(server, "/app.js");
}

describe("A fault of answers", () => {
	it("error: a status", async () => {
		expect(await meet({ is: "error" })).toMatchObject({ status: 503, body: "Out of order." });
		expect(await meet({ is: "error", status: 500 })).toMatchObject({ status: 500 });
	});

	it("not-found: 404", async () => {
		expect(await meet({ is: "not-found" })).toMatchObject({ status: 404 });
	});

	it("truncated: half of it, and nothing but a hash can tell", async () => {
		const { status, headers, body, error } = await meet({ is: "truncated" });
		expect([status, error, headers["content-length"]]).toEqual([200, null, `${APP.length / 2}`]);
		expect(body).toBe(APP.slice(0, APP.length / 2));
	});

	it("cut-off: half of it, and the connection ends", async () => {
		const { status, headers, body, error } = await meet({ is: "cut-off" });
		expect([status, error, headers["content-length"]]).toEqual([
			200,
			"ECONNRESET",
			`${APP.length}`,
		]);
		expect(APP.startsWith(body) && body.length <= APP.length / 2).toBe(true);
	});

	it("corrupt: as long as it should be, and one byte is another", async () => {
		const { status, headers, body } = await meet({ is: "corrupt" });
		expect([status, headers["content-type"]]).toEqual([200, "text/javascript; charset=utf-8"]);
		const different = [...body].filter((letter, index) => letter !== APP[index]);
		expect([body.length, different.length]).toEqual([APP.length, 1]);
	});

	it("wrong-type: the right bytes, as text", async () => {
		const { headers, body } = await meet({ is: "wrong-type" });
		expect([headers["content-type"], body]).toEqual(["text/plain; charset=utf-8", APP]);
	});

	it("html: a login page with status 200", async () => {
		const { status, headers, body } = await meet({ is: "html" });
		expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
		expect(body).toMatch(/^<!doctype html>.*log in/);
	});

	it("redirect: to another origin", async () => {
		const { status, headers } = await meet({ is: "redirect", to: "http://elsewhere.test" });
		expect([status, headers.location]).toEqual([302, "http://elsewhere.test/app.js"]);
	});

	it("no-cors: the right bytes, for nobody's page", async () => {
		const { headers, body } = await meet({ is: "no-cors" });
		expect(body).toBe(APP);
		const names = Object.keys(headers).join();
		expect(names).not.toMatch(/access-control|cross-origin/);
	});

	it("slow: whole, but not before its time", async () => {
		const beganAt = performance.now();
		const { status, body } = await meet({ is: "slow", ms: 60 });
		expect(performance.now() - beganAt).toBeGreaterThanOrEqual(55);
		expect([status, body]).toEqual([200, APP]);
	});

	it("drip: at once, and a little at a time", async () => {
		const beganAt = performance.now();
		const { status, body } = await meet({ is: "drip", bytesPerSecond: 12_000 });
		expect([status, body]).toEqual([200, APP]);
		// 2,400 bytes in tenths of a second.
		expect(performance.now() - beganAt).toBeGreaterThanOrEqual(95);
	});

	it("strikes the paths that fit, the last one given first, until it is healed", async () => {
		const server = await cdn();
		await server.fault({ is: "error" });
		await server.fault({ is: "html" }, "*.js");
		expect((await get(server, "/app.js")).headers["content-type"]).toMatch(/html/);
		expect((await get(server, "/assets/style.css")).status).toBe(503);
		await server.fault({ is: "none" }, "/app.js");
		expect((await get(server, "/app.js")).body).toBe(APP);
		await server.fault({ is: "corrupt" }, "*.js");
		expect((await get(server, "/app.js")).body).not.toBe(APP);
		await server.heal();
		expect(await get(server, "/app.js")).toMatchObject({ status: 200, body: APP });
	});
});

it("Askers who leave at any moment harm nobody", async () => {
	const server = await cdn();
	const { hostname: host, port } = new URL(server.origin);
	const faults: readonly CdnFault[] = [
		{ is: "none" },
		{ is: "slow", ms: 5 },
		{ is: "drip", bytesPerSecond: 100_000 },
		{ is: "cut-off" },
	];
	for (const fault of faults) {
		await server.fault(fault);
		const gone = Array.from({ length: 30 }, async (_, index) => {
			const socket = connect({ host, port: Number(port) });
			socket.on("error", () => undefined);
			await once(socket, "connect");
			socket.write("GET /app.js HTTP/1.1\r\nHost: cdn\r\n\r\n");
			for (let turn = 0; turn < index; turn++)
				await new Promise((resolve) => setImmediate(resolve));
			socket.resetAndDestroy();
		});
		await Promise.all(gone);
	}
	await server.heal();
	expect((await get(server, "/app.js")).body).toBe(APP);
});

/** A bare connection: what it hears, and how it ends. */
function open({ origin }: Cdn): { heard: string; end: string | undefined } {
	const { hostname: host, port } = new URL(origin);
	const seen: { heard: string; end: string | undefined } = { heard: "", end: undefined };
	const socket = connect({ host, port: Number(port) });
	onTestFinished(() => void socket.destroy());
	socket.on("data", (chunk) => {
		seen.heard += chunk.toString("latin1");
	});
	socket.on("error", ({ code }: NodeJS.ErrnoException) => {
		seen.end = code;
	});
	socket.on("close", () => {
		seen.end ??= "ended";
	});
	socket.write("GET /app.js HTTP/1.1\r\nHost: cdn\r\n\r\n");
	return seen;
}

describe("A fault of connections", () => {
	it("refuse: the port is closed, what was open is reset; healed, it is the same port", async () => {
		const server = await cdn();
		await server.fault({ is: "drip" });
		const dripping = open(server);
		await until(() => dripping.heard.includes("200 OK"), "its first bytes");
		await server.fault({ is: "refuse" });
		expect(await until(() => dripping.end, "its end")).toBe("ECONNRESET");
		expect((await get(server, "/app.js")).error).toBe("ECONNREFUSED");
		await server.heal();
		expect(await get(server, "/app.js")).toMatchObject({ status: 200, body: APP });
	});

	it("black-hole: accepted, and silent; the next fault or the healing ends it", async () => {
		const server = await cdn();
		await server.fault({ is: "black-hole" });
		const swallowed = open(server);
		const other = await cdn();
		for (let round = 0; round < 3; round++) await get(other, "/app.js");
		expect(swallowed).toEqual({ heard: "", end: undefined });
		await server.heal();
		expect(await until(() => swallowed.end, "its end")).toBe("ECONNRESET");
		expect((await get(server, "/app.js")).status).toBe(200);
	});

	it("tls-error: what answers is not TLS", async () => {
		const { private: key, cert } = await generate([{ name: "commonName", value: "cdn.test" }]);
		const server = await cdn({ certificate: { key, cert } });
		expect(server.origin).toMatch(/^https:/);
		expect(await get(server, "/app.js", { ca: cert })).toMatchObject({ status: 200, body: APP });
		// Whoever does not know the certificate is told nothing.
		expect((await get(server, "/app.js", { ca: "" })).error).toMatch(/SELF_SIGNED|UNABLE_TO/);
		await server.fault({ is: "tls-error" });
		expect((await get(server, "/app.js", { ca: cert })).error).toMatch(/SSL|EPROTO/);
		await server.heal();
		expect((await get(server, "/app.js", { ca: cert })).status).toBe(200);
	});

	it("is refused where it makes no sense", async () => {
		const server = await cdn();
		await expect(server.fault({ is: "tls-error" })).rejects.toThrow(/needs .* a certificate/);
		await expect(server.fault({ is: "refuse" }, "*.js")).rejects.toThrow(/has no pattern/);
		await expect(server.fault({ is: "redirect", to: "there" })).rejects.toThrow(/"there" is not/);
		expect((await get(server, "/app.js")).status).toBe(200);
	});
});

const MANY = 20;
/** Those that keep this process alive. */
const timers = (): number =>
	process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("Stopping", () => {
	it.each<CdnFault>([
		{ is: "slow", ms: 3_600_000 },
		{ is: "drip", bytesPerSecond: 1 / 3_600 },
		{ is: "silent" },
		{ is: "black-hole" },
	])("ends who hangs on a CDN that is %o, and frees its port", async (fault) => {
		const other = await cdn();
		const before = timers();
		const server = await cdn();
		await server.fault(fault);
		const many = Array.from({ length: MANY }, () => open(server));
		if (fault.is === "drip")
			await until(() => many.every(({ heard }) => heard.includes("200 OK")), "first bytes");
		else for (let round = 0; round < 3; round++) await get(other, "/app.js");
		await server.stop();
		for (const hanging of many)
			expect(await until(() => hanging.end, "its end")).toBe("ECONNRESET");
		const taken = createServer();
		await new Promise<void>((resolve) =>
			taken.listen(Number(new URL(server.origin).port), "127.0.0.1", resolve),
		);
		taken.close();
		// The test runner has some of its own, which come and go.
		await until(() => timers() < before + MANY / 2, "their timers to go");
	});

	it("is not needed by one that found its port taken", async () => {
		const { origin } = await cdn();
		const port = Number(new URL(origin).port);
		await expect(startCdn({ root, port })).rejects.toMatchObject({ code: "EADDRINUSE" });
	});
});
