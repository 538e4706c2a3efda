import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type InlineConfig, type Plugin } from "vite";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkManifest } from "../../src/assets/manifest.js";
import { bootText, serviceWorkerText } from "../../src/boot.js";
import { holdfast, type VitePluginOptions } from "../../src/vite.js";

const ORIGINS = ["https://cdn.example", "https://backup.example"];

/** An app with a style, a lazy part and a static import, built. */
async function built(options: Partial<VitePluginOptions> = {}, config: InlineConfig = {}) {
	const root = await mkdtemp(join(tmpdir(), "holdfast-vite-"));
	onTestFinished(() => rm(root, { recursive: true }));
	await mkdir(join(root, "src"));
	const files = {
		"package.json": '{"version":"4.5.6","type":"module"}',
		"index.html": `<!doctype html><html><head><meta charset="utf-8"><title>App</title></head>
			<body><div id="app"></div><script type="module" src="/src/main.js"></script></body></html>`,
		"src/main.js": `import "./look.css"; import { hello } from "./hello.js";
			document.title = hello; import("./lazy.js").then(({ lazy }) => lazy());`,
		"src/hello.js": `export const hello = "hello";`,
		"src/lazy.js": `export const lazy = () => console.log("lazy");`,
		"src/look.css": "body { color: teal }",
	};
	for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
	// Its type is ours, so that it needs no Vite to compile; it has to be one of Vite's all the same.
	const plugin: Plugin = holdfast({ origins: ORIGINS, ...options });
	await build({ root, configFile: false, logLevel: "silent", plugins: [plugin], ...config });
	const dist = join(root, "dist");
	const html = await readFile(join(dist, "index.html"), "utf8");
	const [, attribute = ""] = /data-holdfast="([^"]*)"/.exec(html) ?? [];
	const json = attribute.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
	const [origins, manifest] = JSON.parse(json) as [string[], unknown];
	return { dist, html, origins, manifest: checkManifest(manifest) };
}

describe("The Vite plugin", () => {
	it("inlines manifest and boot script in place of what they load: one style, one module", async () => {
		const { dist, html, origins, manifest } = await built();
		expect(origins).toEqual(ORIGINS);
		expect(manifest.version).toBe("4.5.6");
		expect(manifest.entries.map(({ type }) => type)).toEqual(["style", "module"]);
		expect(html).toContain(`>${bootText}</script>`);
		expect(html.match(/<script\b|<link\b/g)).toEqual(["<script"]);
		// Before anything else but what a parser must know first.
		expect(html).toMatch(/<head><meta charset="utf-8">\s*<script /);
		const scripts = (await readdir(join(dist, "assets"))).filter((name) => name.endsWith(".js"));
		expect(scripts).toHaveLength(1);
	}, 120_000);

	it("names the bytes that are on the disk", async () => {
		for (const sourcemap of [false, true]) {
			const { dist, manifest } = await built({}, { build: { sourcemap } });
			for (const { path, integrity, bytes } of manifest.entries) {
				const body = await readFile(join(dist, path));
				const hash = createHash("sha384").update(body).digest("base64");
				expect([`sha384-${hash}`, body.length]).toEqual([integrity, bytes]);
			}
		}
	}, 120_000);

	it("takes a version, writes the service worker, and passes a nonce on", async () => {
		const options = { version: "99", serviceWorker: "worker.js" };
		const { dist, html, manifest } = await built(options, { html: { cspNonce: "NONCE" } });
		expect(manifest.version).toBe("99");
		expect(await readFile(join(dist, "worker.js"), "utf8")).toBe(serviceWorkerText);
		expect(html).toContain('<script nonce="NONCE" data-holdfast=');
	}, 120_000);

	it("fails the build for bad options", async () => {
		await expect(built({ origins: [] })).rejects.toThrow(/origins is empty/);
	}, 120_000);

	it("fails a build of several files that import each other: it could not boot", async () => {
		const { handler } = holdfast({ origins: ORIGINS }).generateBundle;
		const chunk = { type: "chunk", fileName: "a.js", code: "", dynamicImports: ["b.js"] } as const;
		const built = handler.call({ emitFile: () => "" }, {}, { "a.js": chunk });
		await expect(built).rejects.toMatchObject({ code: "invalid-option" });
	});
});
