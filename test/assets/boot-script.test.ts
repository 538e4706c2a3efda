/* The inline script as it is served, in a page of which only the outside is made up; time is virtual. */
import { createContext, runInContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BOOT_TEXT } from "../../src/assets/boot-text.js";
import type { AssetManifest } from "../../src/assets/manifest.js";
import { bootTag, type InlineBoot } from "../../src/boot.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { BACKUP, manifestOf, PRIMARY, type Scene, scene } from "./scene.js";

const decode = (text: string): string =>
	text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));

/** What outlives a page of one site. */
interface Site {
	readonly localStorage: Record<string, string>;
	readonly cache: Map<string, Response>;
}

const newSite = (): Site => ({ localStorage: {}, cache: new Map() });

function cachesOf({ cache }: Site) {
	const match = async (key: string) => cache.get(key)?.clone();
	const put = async (key: string, response: Response) => void cache.set(key, response);
	return { match, open: async () => ({ put }), delete: async () => cache.clear() };
}

/** Opens the page: `ran` has the URL of each script that was added. */
function open(all: Scene, manifest: AssetManifest, site = newSite(), seed = 3) {
	const tag = bootTag({ origins: [PRIMARY, BACKUP], manifest });
	const [, attribute = ""] = /data-holdfast="([^"]*)"/.exec(tag) ?? [];
	const ran: string[] = [];
	const mark: Record<string, string> = {};
	const timers = new Map<number, Disposable>();
	const globals: Record<string, unknown> = {
		document: {
			currentScript: { dataset: { holdfast: decode(attribute) }, nonce: "" },
			documentElement: { dataset: mark },
			createElement: () => ({}),
			head: {
				append(script: { src: string; onload(): void }) {
					ran.push(script.src);
					script.onload();
				},
			},
			adoptedStyleSheets: [],
		},
		CSSStyleSheet: class {
			replace = async () => this;
		},
		localStorage: site.localStorage,
		caches: cachesOf(site),
		fetch: (url: string, init: RequestInit) => all.network.fetch(url, init),
		setTimeout(run: () => void, ms = 0) {
			timers.set(timers.size, all.clock.setTimeout(run, ms, "inline"));
			return timers.size - 1;
		},
		Date: { now: () => all.clock.now() },
		dispatchEvent: () => true,
		// Read to its end by then.
		addEventListener: (_type: "DOMContentLoaded", listener: () => void) => listener(),
		URL: { createObjectURL: () => `blob:${ran.length}` },
		...{ crypto, AbortController, CustomEvent, Response, Blob, btoa },
	};
	globals.self = globals;
	const context = createContext(globals);
	runInContext("Math", context).random = seededRandom(seed);
	runInContext(BOOT_TEXT, context);
	const page = globals.holdfast as InlineBoot;
	// A rejection is the page's to show; here a test looks at it.
	const ready = page.ready as NonNullable<InlineBoot["ready"]>;
	void ready.catch(() => undefined);
	return { page, ready, ran, mark };
}

/** What ends in the console: a boot that failed is not swallowed. */
const told: unknown[] = [];
const tell = (reason: unknown): number => told.push(reason);
beforeAll(() => void process.on("unhandledRejection", tell));
afterAll(() => void process.off("unhandledRejection", tell));

describe("The inline script", () => {
	it("S20: boots within 4 s when the primary is black-holed, all of it from the backup", async () => {
		for (let seed = 1; seed <= 20; seed++) {
			const all = scene({ seed });
			all.network.hang(PRIMARY);
			const { ready, ran } = open(all, await manifestOf("1"));
			const [{ entries }, tookMs] = await all.settle(ready);
			expect(entries.map(({ origin }) => origin)).toEqual([BACKUP, BACKUP, BACKUP, BACKUP]);
			expect([ran.length, tookMs >= 3_000, tookMs <= 4_000]).toEqual([2, true, true]);
		}
	});

	it("avoids a bad origin for five minutes, also the one that was too slow", async () => {
		for (const strike of ["hang", "refuse"] as const) {
			const all = scene();
			const site = newSite();
			const fault = all.network[strike](PRIMARY);
			await all.settle(open(all, await manifestOf("1"), site).ready);
			fault[Symbol.dispose]();
			const visit = async (): Promise<string | undefined> => {
				site.cache.clear();
				const [{ entries }] = await all.settle(open(all, await manifestOf("1"), site).ready);
				return entries[0]?.origin;
			};
			expect(await visit()).toBe(BACKUP);
			await all.clock.advance(285_000);
			expect(await visit()).toBe(BACKUP);
			await all.clock.advance(16_000);
			expect(await visit()).toBe(PRIMARY);
		}
	});

	it("runs the last good version at once when all is refused, and after 10 s when all is silent", async () => {
		for (const [strike, mostMs] of [
			["refuse", 6_000],
			["hang", 10_100],
		] as const) {
			const all = scene();
			const site = newSite();
			await all.settle(open(all, await manifestOf("1"), site).ready);
			all.network[strike](PRIMARY);
			all.network[strike](BACKUP);
			const next = open(all, await manifestOf("2", "?"), site);
			const [{ version, entries }, tookMs] = await all.settle(next.ready);
			expect([version, entries.every(({ kept }) => kept)]).toEqual(["1", true]);
			expect(tookMs).toBeLessThanOrEqual(mostMs);
		}
	});

	it("S23: repeats no more than two requests a page and one for seven files", async () => {
		const all = scene();
		const [one] = (await manifestOf("1")).entries;
		const entries = Array.from({ length: 70 }, (_, n) => ({ ...one, path: `f${n}.json` }));
		const { ready, mark } = open(all, { version: "1", entries: entries as never });
		await expect(all.settle(ready)).rejects.toMatch(/^f\d+\.json$/);
		await all.clock.advance(60_000);
		const requests = all.primary.asked.length + all.backup.asked.length;
		expect(requests).toBeGreaterThan(140);
		expect(requests).toBeLessThanOrEqual(140 + 2 + 10);
		expect(mark).toEqual({ holdfast: "failed" });
		expect(told).toEqual([expect.stringMatching(/^f\d+\.json$/)]);
	});

	it("alternates back and forth, in which a second try of the primary may save the page", async () => {
		const all = scene();
		let failures = 0;
		all.backup.answer = () => new Response(null, { status: 503 });
		all.primary.answer = () => (failures++ < 1 ? new Response(null, { status: 503 }) : undefined);
		const [file] = (await manifestOf("1")).entries;
		const { ready } = open(all, { version: "1", entries: [file] as never });
		const [{ entries }] = await all.settle(ready);
		expect([entries[0]?.origin, all.primary.asked.length]).toEqual([PRIMARY, 2]);
	});

	it.each([`sha1-${"A".repeat(27)}=`, "md5-AAAA", "none", "", `sha3-256-${"A".repeat(43)}=`])(
		"fails closed for an integrity that it can't read: %j",
		async (integrity) => {
			const all = scene();
			const manifest = await manifestOf("1");
			// As a page would have it that something else than bootTag has written.
			const page = open(all, manifest);
			await all.settle(page.ready);
			const site = newSite();
			const entries = manifest.entries.map((entry) => ({ ...entry, integrity }));
			site.cache.set("/holdfast/good", new Response(JSON.stringify({ version: "9", entries })));
			for (const { path } of entries)
				site.cache.set(`/holdfast/${integrity}`, all.primary.serve(path));
			const { ready, ran } = open(all, manifest, site);
			await all.settle(ready.catch(() => undefined));
			expect(ran).toEqual([]);
		},
	);

	it("tells the same tag for the same input, and can't be ended by what is in it", async () => {
		const manifest = await manifestOf('1"><script>alert(1)</script>');
		const options = { origins: [PRIMARY], manifest, nonce: '"><b>' };
		const tag = bootTag(options);
		expect(bootTag(options)).toBe(tag);
		expect(tag.match(/<\/?script/g)).toEqual(["<script", "</script"]);
		expect(tag).not.toContain("<b>");
	});

	it.each([
		[{ origins: [] }, "invalid-option"],
		[{ manifest: { version: "1", entries: [] } }, "invalid-manifest"],
		[{ manifest: { url: "m.json", integrity: "sha256-x" } }, "invalid-manifest"],
		[{ hedgeAfterMs: -1 }, "invalid-option"],
	])("is not made with %j", async (options, code) => {
		const good = { origins: [PRIMARY], manifest: await manifestOf("1") };
		expect(() => bootTag({ ...good, ...options } as never)).toThrow(
			expect.objectContaining({ code }),
		);
	});
});
