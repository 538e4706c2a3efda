/* S20 in Chromium: the inline boot script and the loader, against origins that go wrong. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { AssetManifest, AssetType } from "../../src/assets/manifest.js";
import { bootHash, type BootOptions, bootTag, serviceWorkerText } from "../../src/boot.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { launchChromium } from "../support/chromium.js";
import { servePage } from "../support/page-server.js";
import { until } from "../support/until.js";
import {
	type Fault,
	FAULTS,
	type FaultOrigin,
	openFaultOrigin,
	publish,
} from "../support/fault-origin.js";

interface File {
	readonly path: string;
	readonly type: AssetType;
	readonly body: string;
}

/** Each notes that it ran, in `ran`. */
const filesIn = (folder: string, version = "1"): readonly File[] => [
	{ path: `${folder}/words.json`, type: "data", body: `{"version":"${version}"}` },
	{ path: `${folder}/look.css`, type: "style", body: `body { --look: "${version}" }` },
	{
		path: `${folder}/classic.js`,
		type: "script",
		body: `globalThis.ran = ["classic ${version}"];`,
	},
	{ path: `${folder}/main.mjs`, type: "module", body: `ran.push("module ${version}");` },
];

let browser: Browser;
let elsewhere: FaultOrigin;
let primary: FaultOrigin;
let backup: FaultOrigin;
/** Path of a page → its answer. */
const pages = new Map<string, SitePage>();
interface SitePage {
	readonly html: string;
	readonly policy?: string;
	/** Comes a little later, as from a server that streams. */
	readonly rest?: string;
}
/** What the site was asked for. */
const served: string[] = [];
const site = createServer((request, response) => {
	served.push(request.url ?? "");
	if (request.url === "/worker.js")
		return void response.setHeader("content-type", "text/javascript").end(serviceWorkerText);
	const page = pages.get(request.url ?? "");
	if (!page) return void response.writeHead(404).end();
	if (page.policy) response.setHeader("content-security-policy", page.policy);
	response.setHeader("content-type", "text/html; charset=utf-8").write(page.html);
	setTimeout(() => response.end(page.rest), page.rest ? 500 : 0);
});
let home = "";

beforeAll(async () => {
	elsewhere = await openFaultOrigin();
	primary = await openFaultOrigin(elsewhere.url);
	backup = await openFaultOrigin(elsewhere.url);
	await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
	home = `http://localhost:${(site.address() as AddressInfo).port}`;
	browser = await launchChromium();
});
afterAll(async () => {
	await browser?.close();
	site.closeAllConnections();
	site.close();
	for (const origin of [primary, backup, elsewhere]) await origin?.[ASYNC_DISPOSE]();
});

let count = 0;

interface Scene {
	readonly folder: string;
	readonly files: readonly File[];
	readonly url: string;
	readonly context: BrowserContext;
	readonly page: Page;
	/** Sets, or lifts, a fault at these origins. */
	strike(fault: Fault | null, origins: readonly FaultOrigin[], path?: string): void;
	write(manifest: AssetManifest, options?: Partial<BootOptions>, policy?: string): void;
}

/** A page of its own on the site, with files of its own on the origins. */
async function scene(options: Partial<BootOptions> = {}, policy?: string): Promise<Scene> {
	const folder = `case${++count}`;
	const files = filesIn(folder);
	const manifest = await publish([primary, backup, elsewhere], "1", files);
	const context = await browser.newContext();
	onTestFinished(() => context.close());
	const write: Scene["write"] = (manifest, more = {}, policy) => {
		const tag = bootTag({
			origins: [primary.url, backup.url],
			manifest,
			// Beyond what a healthy answer takes on a machine that has other work.
			hedgeAfterMs: 2_000,
			timeoutMs: 6_000,
			...more,
		});
		const html = `<!doctype html><html><head><link rel="icon" href="data:,">${tag}</head><body></body></html>`;
		pages.set(`/${folder}`, { html, ...(policy !== undefined && { policy }) });
	};
	write(manifest, options, policy);
	const page = await context.newPage();
	return {
		folder,
		files,
		url: `${home}/${folder}`,
		context,
		page,
		write,
		strike(fault, origins, path) {
			const paths = path === undefined ? files.map((file) => file.path) : [path];
			for (const { faults } of origins)
				for (const at of paths) fault === null ? faults.delete(at) : faults.set(at, fault);
		},
	};
}

interface Seen {
	/** The version that ran, or null if none did. */
	readonly version: string | null;
	/** By path: who served it; "kept" where it came from storage. */
	readonly from: Readonly<Record<string, string>>;
	readonly ran: readonly string[];
	readonly look: string;
	readonly words: string | null;
	readonly mark: string | undefined;
}

/** Waits until the boot has ended, well or not, and looks around. */
async function look(page: Page): Promise<Seen> {
	return page.evaluate(async () => {
		type Boot = import("../../src/boot.js").InlineBoot;
		const page = globalThis as unknown as { holdfast: Boot; ran?: string[] };
		const { holdfast } = page;
		const done = await holdfast.ready?.then(
			({ version }) => version,
			() => null,
		);
		const entries = holdfast.entries ?? [];
		const data = entries.find(({ type }) => type === "data");
		return {
			version: done ?? null,
			from: Object.fromEntries(
				entries.map(({ path, origin, kept }) => [path.split("/")[1], kept ? "kept" : origin]),
			),
			ran: page.ran ?? [],
			look: getComputedStyle(document.body).getPropertyValue("--look"),
			words: data ? new TextDecoder().decode(data.body) : null,
			mark: document.documentElement.dataset.holdfast,
		};
	});
}

async function visit({ page, url }: Pick<Scene, "page" | "url">): Promise<Seen> {
	await page.goto(url);
	return look(page);
}

const WELL = {
	version: "1",
	ran: ["classic 1", "module 1"],
	look: '"1"',
	words: '{"version":"1"}',
	mark: undefined,
};
const NOTHING = { version: null, ran: [], look: "", words: null, mark: "failed" };

describe("In Chromium, a page that boots from two origins", () => {
	it("runs scripts and modules in order, applies styles, hands out data, tells its progress", async () => {
		const { page, url } = await scene();
		await page.addInitScript(() => {
			const told: number[] = [];
			addEventListener("holdfast", (event) => told.push((event as CustomEvent).detail));
			Object.assign(globalThis, { told });
		});
		expect(await visit({ page, url })).toMatchObject(WELL);
		const told = await page.evaluate(() => (globalThis as unknown as { told: number[] }).told);
		expect(told).toEqual([0.25, 0.5, 0.75, 1]);
	});

	// The script checks no MIME type: bytes that are verified get theirs from it.
	it.each(FAULTS)(
		"%s at the primary, on a file of any one type: that file comes from the backup",
		async (fault) => {
			const all = await Promise.all(filesIn("").map(() => scene()));
			await Promise.all(
				all.map(async (it, at) => {
					const struck = it.files[at]?.path as string;
					it.strike(fault, [primary], struck);
					const seen = await visit(it);
					expect(seen).toMatchObject(WELL);
					const from = seen.from[struck.split("/")[1] as string];
					expect(from).toBe(fault === "wrong-mime" ? primary.url : backup.url);
				}),
			);
		},
	);

	it.each(FAULTS.filter((fault) => fault !== "wrong-mime"))(
		"%s at both, on a file of any one type: nothing runs, and it says so; what was kept does",
		async (fault) => {
			const all = await Promise.all(filesIn("").map(() => scene()));
			await Promise.all(
				all.map(async (it, at) => {
					const struck = it.files[at]?.path as string;
					it.strike(fault, [primary, backup], struck);
					expect(await visit(it)).toMatchObject(NOTHING);
					it.strike(null, [primary, backup], struck);
					expect(await visit(it)).toMatchObject(WELL);
					it.strike(fault, [primary, backup]);
					const seen = await visit(it);
					expect(seen).toMatchObject(WELL);
					expect(Object.values(seen.from)).toEqual(["kept", "kept", "kept", "kept"]);
				}),
			);
		},
	);

	it("runs nothing before the page has been read to its end, though all of it is kept", async () => {
		const all = await scene();
		const body = `globalThis.ran = [String(document.getElementById("end"))];`;
		const files: readonly File[] = [{ path: `${all.folder}/a.js`, type: "script", body }];
		all.write(await publish([primary, backup], "1", files));
		await visit(all);
		const { html } = pages.get(`/${all.folder}`) as SitePage;
		pages.set(`/${all.folder}`, { html, rest: `<p id="end"></p>` });
		const seen = await visit(all);
		expect([seen.from, seen.ran]).toEqual([{ "a.js": "kept" }, ["[object HTMLParagraphElement]"]]);
	});

	it("runs the last good version when the new one's files are nowhere, and the new one when they are", async () => {
		const all = await scene();
		expect(await visit(all)).toMatchObject(WELL);
		const manifest = await publish([primary, backup], "2", filesIn(all.folder, "2"));
		all.write(manifest);
		all.strike("503", [primary, backup]);
		expect(await visit(all)).toMatchObject(WELL);
		all.strike(null, [primary, backup]);
		expect(await visit(all)).toMatchObject({ version: "2", ran: ["classic 2", "module 2"] });
		// And of version 1 nothing is left in storage.
		const keys = await all.page.evaluate(async () =>
			(await (await caches.open("holdfast")).keys()).map(({ url }) => new URL(url).pathname),
		);
		const wanted = [...manifest.entries.map(({ integrity }) => integrity), "good"];
		expect(keys.sort()).toEqual(wanted.map((name) => `/holdfast/${name}`).sort());
	});

	it("does not wait for a new version that takes too long, where a good one is at hand", async () => {
		const all = await scene();
		expect(await visit(all)).toMatchObject(WELL);
		const manifest = await publish([primary, backup], "2", filesIn(all.folder, "2"));
		all.write(manifest, { staleAfterMs: 500, timeoutMs: 600_000 });
		all.strike("hang", [primary, backup]);
		expect(await visit(all)).toMatchObject(WELL);
	});

	it("C4: never runs a version that is older than one that ran before", async () => {
		const all = await scene();
		const old = { ...(await publish([primary, backup], "1.9", filesIn(all.folder, "old"))) };
		all.write(await publish([primary, backup], "1.10", all.files));
		expect(await visit(all)).toMatchObject({ ...WELL, version: "1.10" });
		await publish([primary, backup], "1.9", filesIn(all.folder, "old"));
		all.write(old);
		expect(await visit(all)).toMatchObject({ ...WELL, version: "1.10" });
	});

	it("G5: with half an asset in storage loads it anew, and without any origin runs nothing", async () => {
		const all = await scene();
		await visit(all);
		const damage = (): Promise<number> =>
			all.page.evaluate(async () => {
				const cache = await caches.open("holdfast");
				const keys = (await cache.keys()).filter(({ url }) => !url.endsWith("/good"));
				for (const key of keys) {
					const body = await (await cache.match(key))?.arrayBuffer();
					await cache.put(key, new Response(body?.slice(0, 5)));
				}
				return keys.length;
			});
		expect(await damage()).toBe(4);
		const seen = await visit(all);
		expect(seen).toMatchObject(WELL);
		expect(Object.values(seen.from)).toEqual([primary.url, primary.url, primary.url, primary.url]);
		await damage();
		all.strike("refuse", [primary, backup]);
		expect(await visit(all)).toMatchObject(NOTHING);
	});

	it.each(["{", "null", "7", '{"x":null}', '"x"'])(
		"boots with %s where it remembers bad origins",
		async (stored) => {
			const { page, url } = await scene();
			await page.addInitScript((text) => localStorage.setItem("holdfast", text), stored);
			expect(await visit({ page, url })).toMatchObject(WELL);
		},
	);

	it("remembers a bad origin over loads of the page, and asks the other first", async () => {
		const all = await scene();
		all.strike("503", [primary]);
		expect(await visit(all)).toMatchObject(WELL);
		all.strike(null, [primary]);
		all.write(await publish([primary, backup], "2", filesIn(all.folder, "2")));
		primary.asked.length = 0;
		const seen = await visit(all);
		expect(Object.values(seen.from)).toEqual(Object.values(seen.from).map(() => backup.url));
		expect(primary.asked.filter((path) => path.startsWith(`${all.folder}/`))).toEqual([]);
		// Five minutes later it is the first again.
		await all.page.evaluate(() => {
			const bad = JSON.parse(localStorage.getItem("holdfast") ?? "{}");
			for (const origin of Object.keys(bad)) bad[origin] -= 300_000;
			localStorage.setItem("holdfast", JSON.stringify(bad));
		});
		all.write(await publish([primary, backup], "3", filesIn(all.folder, "3")));
		const later = await visit(all);
		expect(Object.values(later.from)).toEqual(Object.values(later.from).map(() => primary.url));
	});

	it("runs modules that import each other by the paths of the manifest", async () => {
		const all = await scene();
		const parts: readonly File[] = [
			{
				path: `${all.folder}/entry.mjs`,
				type: "module",
				body: `import { part } from "${all.folder}/part.mjs"; globalThis.ran = [part];`,
			},
			{ path: `${all.folder}/part.mjs`, type: "module", body: `export const part = "part";` },
		];
		all.write(await publish([primary, backup], "1", parts));
		expect(await visit(all)).toMatchObject({ version: "1", ran: ["part"] });
	});
});

describe("In Chromium, the loader", () => {
	it("boots as the inline script does, under a nonce, and with every origin down from IndexedDB", async () => {
		const all = await scene();
		const manifest = await publish([primary, backup], "1", all.files);
		await using bundle = await servePage("assets");
		const nonced = bundle.script.replaceAll("</script", "<\\/script");
		const policy = `default-src 'none'; script-src 'nonce-n'; connect-src ${primary.url} ${backup.url}`;
		const html = `<!doctype html><body><script nonce="n">${nonced}</script>`;
		pages.set(`/${all.folder}`, { html, policy });
		all.strike("corrupt", [primary], all.files[1]?.path);
		const boot = async () => {
			await all.page.goto(all.url);
			const options = { origins: [primary.url, backup.url], manifest };
			const report = await all.page.evaluate(
				(it) => assetPage.createAssetLoader(it).boot(),
				options,
			);
			const [ran, look] = await all.page.evaluate(() => [
				(globalThis as unknown as { ran: string[] }).ran,
				getComputedStyle(document.body).getPropertyValue("--look"),
			]);
			return { version: report.version, from: report.from, origins: report.origins, ran, look };
		};
		const ran = { version: "1", ran: ["classic 1", "module 1"], look: '"1"' };
		const first = await boot();
		expect(first).toMatchObject({ ...ran, from: "network" });
		expect(first.origins[backup.url]).toBeGreaterThanOrEqual(1);
		all.strike("refuse", [primary, backup]);
		expect(await boot()).toEqual({ ...ran, from: "cache", origins: {} });
	});
});

describe("Under a strict policy", () => {
	const connect = (): string => `connect-src ${primary.url} ${backup.url}`;
	const base = (): string => `default-src 'none'; img-src data:; base-uri 'none'; ${connect()}`;

	async function violations(all: Scene): Promise<readonly string[]> {
		const told: string[] = [];
		all.page.on("console", (message) => {
			if (/Content Security Policy/.test(message.text())) told.push(message.text());
		});
		expect(await visit(all)).toMatchObject(WELL);
		return told;
	}

	it("G3: by nonce it boots, and nothing violates the policy", async () => {
		const policy = `${base()}; script-src 'nonce-r4nd0m'`;
		expect(await violations(await scene({ nonce: "r4nd0m" }, policy))).toEqual([]);
	});

	it("G3: by the script's hash and strict-dynamic it boots, and nothing violates the policy", async () => {
		const policy = `${base()}; script-src '${bootHash}' 'strict-dynamic'`;
		expect(await violations(await scene({}, policy))).toEqual([]);
	});

	it("G3: by hashes alone, the script's and those of the files, it boots too", async () => {
		const all = await scene();
		const manifest = await publish([primary, backup], "1", all.files);
		const hashes = manifest.entries.map(({ integrity }) => `'${integrity}'`).join(" ");
		all.write(manifest, {}, `${base()}; script-src '${bootHash}' ${hashes}`);
		expect(await violations(all)).toEqual([]);
	});

	it("that trusts the script, but not what it loads, it says that it failed", async () => {
		const all = await scene({}, `${base()}; script-src '${bootHash}'`);
		expect(await visit(all)).toMatchObject({ version: null, ran: [], mark: "failed" });
	});

	it("that trusts neither, nothing runs", async () => {
		const all = await scene({}, `${base()}; script-src 'self'`);
		await all.page.goto(all.url);
		expect(await all.page.evaluate(() => "holdfast" in globalThis)).toBe(false);
	});
});

describe("The service worker", () => {
	it("keeps the page, so that it boots with its own server down too, and keeps no asset", async () => {
		const all = await scene();
		expect(await visit(all)).toMatchObject(WELL);
		await all.page.evaluate(async () => {
			await navigator.serviceWorker.register("/worker.js");
			await navigator.serviceWorker.ready;
		});
		expect(await visit(all)).toMatchObject(WELL);
		expect(await keptPages(all.page)).toEqual([all.url]);
		pages.delete(`/${all.folder}`);
		all.strike("refuse", [primary, backup]);
		// A server that says 404 is believed; one that is gone is not waited for.
		await all.context.setOffline(true);
		expect(await visit(all)).toMatchObject(WELL);
	});

	it("keeps the page that registers it, and asks the server for it no second time", async () => {
		const all = await scene();
		expect(await visit(all)).toMatchObject(WELL);
		const asked = served.filter((url) => url === `/${all.folder}`).length;
		await all.page.evaluate(() => navigator.serviceWorker.register("/worker.js"));
		expect(await keptPages(all.page)).toEqual([all.url]);
		expect(served.filter((url) => url === `/${all.folder}`)).toHaveLength(asked);
		await all.context.setOffline(true);
		expect(await visit(all)).toMatchObject(WELL);
	});
});

/** Once there is one. */
async function keptPages(page: Page): Promise<readonly string[]> {
	const look = (): Promise<readonly string[]> =>
		page.evaluate(async () => {
			const keys = await (await caches.open("holdfast-pages")).keys();
			return keys.map(({ url }) => url);
		});
	await until(async () => (await look()).length > 0, "a page in the cache");
	return look();
}
