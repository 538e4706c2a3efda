import { describe, expect, it, onTestFinished } from "vitest";
import { integrityOf } from "../../src/assets/integrity.js";
import { createAssetLoader } from "../../src/assets/loader.js";
import { checkManifest } from "../../src/assets/manifest.js";
import { AVOID_MS } from "../../src/assets/origins.js";
import { dispose } from "../../src/reactive/disposable.js";
import { memoryStorage } from "../../src/runtime/memory.js";
import type { KeyValueStorage } from "../../src/runtime/runtime.js";
import { BACKUP, bytesOf, FILES, manifestOf, PRIMARY, scene } from "./scene.js";

const text = ({ body }: { readonly body: Uint8Array }): string => new TextDecoder().decode(body);
const down = (): Response => new Response("no", { status: 503 });

describe("S20: a boot", () => {
	it("loads all that the manifest lists from the primary, and nothing from the backup", async () => {
		const { open, settle, primary, backup } = scene();
		const progress: number[][] = [];
		const loader = open({ manifest: await manifestOf("1") });
		const onProgress = (...now: readonly [number, number]) => void progress.push([...now]);
		const [report] = await settle(loader.boot({ onProgress }));
		expect(report).toMatchObject({ version: "1", from: "network", origins: { [PRIMARY]: 4 } });
		expect([primary.asked.length, backup.asked]).toEqual([4, []]);
		expect(progress).toEqual([1, 2, 3, 4].map((done) => [done, 4]));
	});

	it("takes at most 4 s when the primary is black-holed: all of it from the backup", async () => {
		for (let seed = 1; seed <= 20; seed++) {
			const { open, settle, network } = scene({ seed });
			onTestFinished(() => dispose(hole));
			const hole = network.hang(PRIMARY);
			const loader = open({ manifest: await manifestOf("1") });
			const [report, tookMs] = await settle(loader.boot());
			expect(report).toMatchObject({ from: "network", origins: { [BACKUP]: 4 } });
			expect(tookMs).toBeGreaterThanOrEqual(3_000);
			expect(tookMs).toBeLessThanOrEqual(4_000);
		}
	});

	it("does not wait for the hedge when the primary refuses", async () => {
		const { open, settle, network } = scene();
		network.refuse(PRIMARY);
		const loader = open({ manifest: await manifestOf("1") });
		const [report, tookMs] = await settle(loader.boot());
		expect(report.origins).toEqual({ [BACKUP]: 4 });
		expect(tookMs).toBeLessThan(1_000);
	});

	it("runs from what is kept when every origin is down, and says so", async () => {
		const { open, settle, network } = scene();
		const manifest = await manifestOf("1");
		await settle(open({ manifest }).boot());
		network.offline();
		const [report] = await settle(open({ manifest }).boot());
		expect(report).toMatchObject({ version: "1", from: "cache", origins: {} });
	});

	it.each([
		["refused", (all: ReturnType<typeof scene>) => all.network.offline(), 5_000],
		[
			"black-holed",
			({ network }: ReturnType<typeof scene>) => {
				network.hang(PRIMARY);
				network.hang(BACKUP);
			},
			11_000,
		],
	])(
		"runs the last good version when those of the new one are %s",
		async (_how, break_, mostMs) => {
			const all = scene();
			await all.settle(all.open({ manifest: await manifestOf("1") }).boot());
			break_(all);
			const next = all.open({ manifest: await manifestOf("2", "/* new */") });
			const [report, tookMs] = await all.settle(next.boot());
			expect(report).toMatchObject({ version: "1", from: "cache" });
			expect(tookMs).toBeLessThanOrEqual(mostMs);
			expect(all.warned).toContain("asset-boot-stale");
		},
	);

	it("never mixes two versions: one missing file of the new one, and all of the old one runs", async () => {
		const { open, settle, primary, backup } = scene();
		await settle(open({ manifest: await manifestOf("1") }).boot());
		for (const cdn of [primary, backup]) {
			cdn.suffix = "/* new */";
			cdn.answer = (path) => (path === "main.mjs" ? down() : undefined);
		}
		const [report] = await settle(open({ manifest: await manifestOf("2", "/* new */") }).boot());
		expect(report).toMatchObject({ version: "1", from: "cache" });
	});

	it("takes what did not change from storage, and clears away what is of no use any more", async () => {
		const { open, settle, primary, storage } = scene();
		await settle(open({ manifest: await manifestOf("1") }).boot());
		const first = await manifestOf("1");
		const changed = await manifestOf("2", "/* new */");
		const entries = [...first.entries.slice(0, 3), ...changed.entries.slice(3)];
		primary.suffix = "/* new */";
		const [report] = await settle(open({ manifest: { version: "2", entries } }).boot());
		expect(report).toMatchObject({ from: "mixed", origins: { [PRIMARY]: 1 } });
		const files = (await storage.keys()).filter((key) => key.includes("/file/"));
		expect(files.sort()).toEqual(entries.map((it) => `assets/app/file/${it.integrity}`).sort());
	});

	it("without anything kept rejects when every origin is down, and can be tried again", async () => {
		const { open, settle, network } = scene();
		const loader = open({ manifest: await manifestOf("1") });
		network.offline();
		await expect(settle(loader.boot())).rejects.toMatchObject({
			code: "asset-unavailable",
			retryable: true,
		});
		network.online();
		expect((await settle(loader.boot()))[0].version).toBe("1");
	});

	it("runs once, however often it is asked for", async () => {
		const { open, settle, primary } = scene();
		const loader = open({ manifest: await manifestOf("1") });
		const [reports] = await settle(Promise.all([loader.boot(), loader.boot()]));
		expect(reports[1]).toBe(reports[0]);
		expect(primary.asked).toHaveLength(4);
	});

	it("ends with the caller's reason when aborted, and closed when the loader is", async () => {
		const { open, settle, network } = scene();
		network.hang(PRIMARY);
		network.hang(BACKUP);
		const manifest = await manifestOf("1");
		const controller = new AbortController();
		const [aborted, closed] = [open({ manifest }), open({ manifest })];
		const boots = [aborted.boot({ signal: controller.signal }), closed.load("main.mjs")];
		const ended = Promise.allSettled(boots);
		controller.abort("enough");
		dispose(closed);
		const [[first, second]] = await settle(ended);
		expect(first).toMatchObject({ reason: "enough" });
		expect(second).toMatchObject({ reason: { code: "closed" } });
		await expect(closed.load("main.mjs")).rejects.toMatchObject({ code: "closed" });
	});
});

describe("S20: a file", () => {
	it("whose bytes are not those of its integrity is never handed out: 1,000 corruptions", async () => {
		const { open, settle, primary, backup } = scene();
		const { text: whole } = FILES[3] as (typeof FILES)[number];
		const manifest = await manifestOf("1");
		let turn = 0;
		const corrupt = (): Response => {
			const bytes = bytesOf(whole);
			const [at, bit] = [turn % bytes.length, Math.floor(turn / bytes.length) % 8];
			turn++;
			bytes[at] = (bytes[at] as number) ^ (1 << bit);
			const body = turn % 3 === 0 ? bytes.slice(0, at) : bytes;
			return new Response(body, { headers: { "content-type": "text/javascript" } });
		};
		for (const cdn of [primary, backup]) cdn.answer = corrupt;
		let refused = 0;
		while (turn < 1_000) {
			const load = open({ manifest, cache: false }).load("main.mjs");
			await settle(load.catch(({ code }) => (refused += Number(code === "integrity-mismatch"))));
			await expect(load).rejects.toMatchObject({ code: "integrity-mismatch" });
		}
		expect(refused).toBeGreaterThan(100);
	});

	it("that drips is given up at its deadline, though it never falls silent", async () => {
		const { open, settle, primary, backup, clock } = scene();
		const drip = (): Response => {
			const body = new ReadableStream({
				async pull(controller) {
					await clock.sleep(1_000);
					controller.enqueue(new Uint8Array(1));
				},
			});
			return new Response(body, { headers: { "content-type": "text/css" } });
		};
		primary.answer = drip;
		const manifest = await manifestOf("1");
		const [asset, tookMs] = await settle(open({ manifest }).load("look.css"));
		expect(asset.origin).toBe(BACKUP);
		expect(tookMs).toBeLessThanOrEqual(4_000);
		backup.answer = drip;
		await expect(
			settle(open({ manifest, cache: false }).load("look.css"), 300_000),
		).rejects.toMatchObject({ code: "asset-unavailable" });
	});

	it("that never ends is cut off at the size that the manifest names", async () => {
		const { open, settle, primary } = scene();
		let sent = 0;
		primary.answer = () => {
			const pull = (controller: ReadableStreamDefaultController): void => {
				sent += 1_000;
				controller.enqueue(new Uint8Array(1_000));
			};
			return new Response(new ReadableStream({ pull }), {
				headers: { "content-type": "text/css" },
			});
		};
		const manifest = await manifestOf("1");
		const entries = manifest.entries.map((entry) => ({ ...entry, bytes: 20 }));
		const [asset] = await settle(open({ manifest: { ...manifest, entries } }).load("look.css"));
		expect([asset.origin, sent < 10_000]).toEqual([BACKUP, true]);
	});

	it("C6: that one origin lacks fails over alone; the origin is not avoided for it", async () => {
		const { open, settle, primary } = scene();
		primary.answer = (path) =>
			path === "look.css" ? new Response(null, { status: 404 }) : undefined;
		const loader = open({ manifest: await manifestOf("1") });
		const [report] = await settle(loader.boot());
		expect(report.origins).toEqual({ [PRIMARY]: 3, [BACKUP]: 1 });
		expect(loader.origins.get()[0]).toMatchObject({ avoidUntil: null });
	});

	it("of no manifest needs an integrity of its own, and is never given in an older version", async () => {
		const { open, settle, network } = scene();
		const loader = open();
		const { integrity } = (await manifestOf("1")).entries[1] as { integrity: string };
		await expect(loader.load("look.css")).rejects.toMatchObject({ code: "invalid-option" });
		const [asset] = await settle(loader.load("look.css", { integrity }));
		expect(text(asset)).toBe("body { color: teal }");
		network.offline();
		const [kept] = await settle(open().load("/look.css", { integrity }));
		expect(kept).toMatchObject({ from: "cache", stale: false, path: "look.css", origin: PRIMARY });
		const other = (await manifestOf("1", "x")).entries[1] as { integrity: string };
		await expect(
			settle(open().load("look.css", { integrity: other.integrity })),
		).rejects.toMatchObject({ code: "asset-unavailable" });
	});

	it("that no origin has is given as the last good version had it, and marked stale", async () => {
		const { open, settle, network } = scene();
		await settle(open({ manifest: await manifestOf("1") }).boot());
		network.offline();
		const [asset] = await settle(open({ manifest: await manifestOf("2", "?") }).load("look.css"));
		expect(asset).toMatchObject({ from: "cache", stale: true });
		expect(text(asset)).toBe("body { color: teal }");
	});

	it("costs each origin at most 1.2 requests a load, when all of them fail (S23)", async () => {
		const { open, settle, primary, backup } = scene();
		primary.answer = backup.answer = down;
		const loader = open({ manifest: await manifestOf("1") });
		const loads = 60;
		for (let load = 0; load < loads; load++)
			await settle(loader.load("main.mjs").catch(() => undefined));
		for (const cdn of [primary, backup]) {
			expect(cdn.asked.length / loads).toBeLessThanOrEqual(1.2);
			expect(cdn.asked.length).toBeGreaterThan(loads);
		}
	});

	it("is asked for no earlier than an origin said in Retry-After, and not at all if that is long", async () => {
		const { open, settle, primary, backup } = scene();
		backup.answer = down;
		for (const [seconds, tries] of [
			[7, 2],
			[600, 1],
		] as const) {
			primary.answer = () =>
				new Response(null, { status: 503, headers: { "retry-after": `${seconds}` } });
			primary.askedAt.length = 0;
			const loader = open({ manifest: await manifestOf("1") });
			await settle(loader.load("main.mjs").catch(() => undefined));
			const [first = 0, second = Number.POSITIVE_INFINITY] = primary.askedAt;
			expect(second - first).toBeGreaterThanOrEqual(7_000);
			expect(Math.min(2, primary.askedAt.length)).toBe(tries);
		}
	});
});

describe("S20: a bad origin", () => {
	it("is asked last for five minutes, over loads of the page too, and then first again", async () => {
		const { open, settle, primary, backup, clock, storage } = scene();
		const manifest = await manifestOf("1");
		primary.answer = down;
		await settle(open({ manifest, name: "a" }).load("main.mjs"));
		primary.answer = () => undefined;
		const visit = async (): Promise<string> => {
			// A page of its own: nothing is left in memory, and the file is one that is not kept.
			primary.asked.length = backup.asked.length = 0;
			const loader = open({ manifest, name: "a" });
			await settle(loader.load("look.css"));
			await clearFiles();
			return primary.asked.length > 0 ? "primary" : "backup";
		};
		const clearFiles = async (): Promise<void> => {
			for (const key of await storage.keys()) if (key.includes("/file/")) await storage.delete(key);
		};
		expect(await visit()).toBe("backup");
		await clock.advance(AVOID_MS - 10_000);
		expect(await visit()).toBe("backup");
		await clock.advance(10_000);
		expect(await visit()).toBe("primary");
	});

	it("shows in `origins`, with until when, and is well again once it serves", async () => {
		const { open, settle, primary, backup, clock } = scene();
		const loader = open({ manifest: await manifestOf("1"), cache: false });
		primary.answer = down;
		await settle(loader.load("main.mjs"));
		const [first, second] = loader.origins.get();
		expect(first).toMatchObject({ origin: PRIMARY, failures: 1 });
		expect((first?.avoidUntil ?? 0) - clock.now()).toBeGreaterThan(AVOID_MS - 5_000);
		expect(second).toEqual({ origin: BACKUP, failures: 0, avoidUntil: null });
		primary.answer = () => undefined;
		backup.answer = down;
		await clock.advance(1_000);
		await settle(loader.load("main.mjs"));
		expect(loader.origins.get()[0]).toEqual({ origin: PRIMARY, failures: 0, avoidUntil: null });
	});
});

describe("C4: a manifest", () => {
	it("that is older than the newest seen is not used: what ran before runs", async () => {
		const { open, settle, warned, primary } = scene();
		primary.suffix = "/* new */";
		await settle(open({ manifest: await manifestOf("1.10", "/* new */") }).boot());
		primary.suffix = "";
		const old = open({ manifest: await manifestOf("1.9") });
		const [report] = await settle(old.boot());
		expect(report).toMatchObject({ version: "1.10", from: "cache" });
		const [asset] = await settle(old.load("look.css"));
		expect(text(asset)).toContain("/* new */");
		expect(warned).toContain("asset-manifest-older");
	});

	it("of which no file was ever right does not count as seen", async () => {
		const { open, settle, network } = scene();
		network.offline();
		const undeployed = open({ manifest: await manifestOf("2", "?") });
		await settle(undeployed.boot().catch(() => undefined));
		network.online();
		const [report] = await settle(open({ manifest: await manifestOf("1") }).boot());
		expect(report).toMatchObject({ version: "1", from: "network" });
	});

	it("by URL is loaded under its own integrity, from the origins or from one place", async () => {
		for (const url of ["manifest.json", `${BACKUP}/manifest.json`]) {
			const { open, settle, primary, backup } = scene();
			const json = JSON.stringify(await manifestOf("1"));
			const integrity = await integrity384(json);
			for (const cdn of [primary, backup])
				cdn.answer = (path) => (path === "manifest.json" ? new Response(json) : undefined);
			const loader = open({ manifest: { url, integrity } });
			const [report] = await settle(loader.boot());
			expect(report).toMatchObject({ version: "1", origins: { [PRIMARY]: 4 } });
			expect(backup.asked).toEqual(url.startsWith("https") ? ["manifest.json"] : []);
		}
	});

	it("by URL with other bytes than its integrity names is never read", async () => {
		const { open, settle, primary, backup } = scene();
		const json = JSON.stringify(await manifestOf("1"));
		const forged = JSON.stringify(await manifestOf("9", "evil"));
		for (const cdn of [primary, backup]) cdn.answer = () => new Response(forged);
		const manifest = { url: "manifest.json", integrity: await integrity384(json) };
		await expect(settle(open({ manifest }).boot())).rejects.toMatchObject({
			code: "integrity-mismatch",
		});
	});

	it("by URL is awaited by all who need it: one that gives up ends it for nobody else", async () => {
		const { open, settle, primary, backup, clock } = scene();
		const json = JSON.stringify(await manifestOf("1"));
		const late = async (path: string): Promise<Response | undefined> => {
			if (path !== "manifest.json") return undefined;
			await clock.sleep(1_000);
			return new Response(json);
		};
		for (const cdn of [primary, backup]) cdn.answer = late as never;
		const loader = open({
			manifest: { url: "manifest.json", integrity: await integrity384(json) },
		});
		const controller = new AbortController();
		const impatient = loader.load("look.css", { signal: controller.signal });
		const patient = loader.load("look.css");
		const ended = Promise.allSettled([impatient, patient]);
		await clock.advance(500);
		controller.abort("enough");
		const [[first, second]] = await settle(ended);
		expect(first).toMatchObject({ status: "rejected", reason: "enough" });
		expect(second).toMatchObject({ status: "fulfilled", value: { origin: PRIMARY } });
	});

	it("by URL that is not JSON is refused; what ran before runs", async () => {
		const { open, settle, primary, backup } = scene();
		for (const cdn of [primary, backup])
			cdn.answer = (path) => (path === "manifest.json" ? new Response("{oops") : undefined);
		const manifest = { url: "manifest.json", integrity: await integrity384("{oops") };
		await expect(settle(open({ manifest }).boot())).rejects.toMatchObject({
			code: "invalid-manifest",
		});
		await settle(open({ manifest: await manifestOf("1") }).boot());
		const [report] = await settle(open({ manifest }).boot());
		expect(report).toMatchObject({ version: "1", from: "cache" });
	});
});

describe("Storage", () => {
	it.each<[string, (record: { body: string }) => unknown]>([
		["half an asset", ({ body, ...rest }) => ({ ...rest, body: body.slice(0, 8) })],
		["another asset's bytes", (record) => ({ ...record, body: btoa("alert(1)") })],
		["no base64", (record) => ({ ...record, body: "%" })],
		["a record of another shape", () => [null]],
		["null", () => null],
	])("with %s in it: never handed out, cleared away, loaded anew", async (_what, damage) => {
		const { open, settle, storage, primary, warned } = scene();
		const manifest = await manifestOf("1");
		await settle(open({ manifest }).boot());
		const key = (await storage.keys()).find((it) => it.includes("/file/")) as string;
		await storage.set(key, damage((await storage.get(key)) as { body: string }));
		primary.asked.length = 0;
		const [report] = await settle(open({ manifest }).boot());
		expect(report).toMatchObject({ from: "mixed", origins: { [PRIMARY]: 1 } });
		expect(primary.asked).toHaveLength(1);
		expect(warned).toContain("asset-record-damaged");
	});

	it("with half an asset in it and every origin down: nothing runs", async () => {
		const { open, settle, storage, network } = scene();
		const manifest = await manifestOf("1");
		await settle(open({ manifest }).boot());
		const key = (await storage.keys()).find((it) => it.includes("/file/")) as string;
		await storage.set(key, { body: "aGE=", origin: PRIMARY });
		network.offline();
		await expect(settle(open({ manifest }).boot())).rejects.toMatchObject({
			code: "asset-unavailable",
		});
	});

	it.each<[string, unknown]>([
		["a manifest that lists ../", { version: "9", entries: [{ path: "../x.js", type: "script" }] }],
		["a manifest of another shape", 7],
	])("with %s in it is as good as empty", async (_what, stored) => {
		const { open, settle, storage } = scene();
		await storage.set("assets/app/seen", stored);
		await storage.set("assets/app/good", stored);
		await storage.set("assets/app/health", stored);
		const [report] = await settle(open({ manifest: await manifestOf("1") }).boot());
		expect(report).toMatchObject({ version: "1", from: "network" });
	});

	it.each<[string, Partial<KeyValueStorage>]>([
		[
			"rejects all",
			{
				get: () => Promise.reject(new Error("planted")),
				set: () => Promise.reject(new Error("planted")),
				keys: () => Promise.reject(new Error("planted")),
			},
		],
		["is full", { set: () => Promise.reject(new DOMException("full", "QuotaExceededError")) }],
		["hangs", { get: () => new Promise(() => {}), set: () => new Promise(() => {}) }],
	])("that %s costs the copy, not the boot", async (_how, broken) => {
		const { open, settle } = scene({ storage: { ...memoryStorage(), ...broken } });
		const [report, tookMs] = await settle(open({ manifest: await manifestOf("1") }).boot());
		expect(report).toMatchObject({ version: "1", from: "network" });
		expect(tookMs).toBeLessThan(3_000);
	});

	it("that was full when the new version came still holds the old one whole", async () => {
		const storage = memoryStorage();
		const { open, settle, primary, network } = scene({ storage });
		await settle(open({ manifest: await manifestOf("1") }).boot());
		primary.suffix = "/* new */";
		const set: KeyValueStorage["set"] = async (key, value) => {
			// Small records still find room: a manifest must not be kept without its files.
			if (key.includes("/file/")) throw new DOMException("", "QuotaExceededError");
			await storage.set(key, value);
		};
		const full = { ...storage, set };
		const manifest = await manifestOf("2", "/* new */");
		expect((await settle(open({ manifest, cache: full }).boot()))[0].version).toBe("2");
		network.offline();
		expect((await settle(open({ manifest }).boot()))[0].version).toBe("1");
	});

	it("is not touched with `cache: false`, and apps with names of their own do not share", async () => {
		const { open, settle, storage } = scene();
		const manifest = await manifestOf("1");
		await settle(open({ manifest, cache: false }).boot());
		expect(await storage.keys()).toEqual([]);
		await settle(open({ manifest: await manifestOf("2"), name: "other" }).boot());
		expect((await settle(open({ manifest }).boot()))[0].version).toBe("1");
	});
});

describe("Bad options", () => {
	it.each<[string, unknown]>([
		["no origins", { origins: [] }],
		["an origin without a scheme", { origins: ["cdn.test"] }],
		["an origin of another scheme", { origins: ["ftp://cdn.test"] }],
		["an origin with credentials", { origins: ["https://a:b@cdn.test"] }],
		["an origin with a query", { origins: ["https://cdn.test/?v=1"] }],
		["an origin twice", { origins: ["https://cdn.test", "https://cdn.test/"] }],
		["a hedge that is no number", { origins: [PRIMARY], hedgeAfterMs: Number.NaN }],
		["a negative limit", { origins: [PRIMARY], timeoutMs: -1 }],
		["an empty name", { origins: [PRIMARY], name: "" }],
	])("%s: thrown at the call, as invalid-option", (_what, options) => {
		expect(() => createAssetLoader(options as never)).toThrow(
			expect.objectContaining({ code: "invalid-option" }),
		);
	});

	it("a bad manifest is thrown at the call, as invalid-manifest, and boot without one rejects", async () => {
		expect(() => createAssetLoader({ origins: [PRIMARY], manifest: {} as never })).toThrow(
			expect.objectContaining({ code: "invalid-manifest" }),
		);
		await expect(createAssetLoader({ origins: [PRIMARY] }).boot()).rejects.toMatchObject({
			code: "invalid-option",
		});
		expect(checkManifest(await manifestOf("1")).entries).toHaveLength(4);
	});
});

const integrity384 = (json: string): Promise<string> => integrityOf(bytesOf(json));
