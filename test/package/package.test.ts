/* The published package: what is in it, what it brings along, and that it loads everywhere. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Installed, install, linkModules, readManifest, run } from "./installed.js";

const OURS = readManifest(".");
const PATHS = Object.keys(OURS.exports)
	.filter((path) => path !== "./package.json")
	.map((path) => posix.join("holdfast", path));
/** Whatever else a bundle needs is copied into it, or written by us. */
const ALLOWED = [
	"@dnsquery/dns-packet",
	"eventemitter3",
	"idb-keyval",
	"isomorphic-ws",
	"p-retry",
	"ws",
];
/** What those bring along. */
const BROUGHT = ["@leichtgewicht/ip-codec", "is-network-error", "utf8-codec"];
/** What a page without a bundler uses as it is. */
const PAGE_FILES = ["holdfast", "holdfast-sharing", "boot", "service-worker"].map(
	(it) => `dist/browser/${it}.min.js`,
);
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

let installed: Installed;
beforeAll(() => {
	installed = install();
}, 120_000);
afterAll(() => installed[Symbol.dispose]());

const contents = (path: string): string =>
	readFileSync(join(installed.folder, "node_modules/holdfast", path), "utf8");
const pathsLike = (pattern: RegExp): readonly string[] =>
	installed.packed.files.map(({ path }) => path).filter((path) => pattern.test(path));

function exportsOf(type: "module" | "commonjs"): Record<string, readonly string[]> {
	const load = type === "module" ? "await import(path)" : "require(path)";
	const code = `(async () => { const found = {};
		for (const path of ${JSON.stringify(PATHS)}) found[path] = Object.keys(${load}).sort();
		console.log(JSON.stringify(found)); })()`;
	const output = run(process.execPath, [`--input-type=${type}`, "-e", code], installed.folder);
	return JSON.parse(output) as Record<string, readonly string[]>;
}

describe("The packed files", () => {
	it("are the builds of each entry, and the papers", () => {
		const entries = ["index", "dns", "node", "react", "server", "server-node", "testing"];
		entries.push("server-redis", "server-nats", "assets", "boot", "vite", "websocket");
		const builds = entries.flatMap((entry) =>
			["js", "cjs", "d.ts", "d.cts"].map((form) => `dist/${entry}.${form}`),
		);
		const papers = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
		// What `#dns` is in Node, and elsewhere: no entries, so no types.
		const platforms = ["node", "none"].flatMap((platform) =>
			["js", "cjs"].map((form) => `dist/dns-platform-${platform}.${form}`),
		);
		// What entries share lies in files named for their content.
		const named = pathsLike(/^(?!dist\/[\w-]+-[\w-]{8}\.(?:js|cjs|d\.ts|d\.cts)$)/);
		expect([...named].sort()).toEqual(
			[...builds, ...platforms, ...papers, ...PAGE_FILES, "dist/cli.js"].sort(),
		);
	});

	it("stay small", () => {
		expect(installed.packed.unpackedSize).toBeLessThan(1_700_000);
	});

	it("name no folder of the machine that built them", () => {
		const home = resolve(".");
		for (const path of pathsLike(/./)) {
			expect(contents(path).includes(home), path).toBe(false);
			expect(contents(path), path).not.toMatch(/(?:file:\/\/\/|["'\s])\/(?:home|root|Users)\//);
		}
	});

	it("are built once for each module system, so that an error is an instance of its class", () => {
		for (const form of [/\.js$/, /\.cjs$/]) {
			const definitions = pathsLike(form)
				// A program of its own throws to nobody.
				.filter((path) => !path.includes("browser") && path !== "dist/cli.js")
				.filter((path) => /this\.name = "RealtimeError"/.test(contents(path)));
			expect(definitions).toHaveLength(1);
		}
	});
});

describe("What comes along", () => {
	it("is the allowed dependencies and nothing else", () => {
		expect(Object.keys(OURS.dependencies).sort()).toEqual(ALLOWED);
		const folders = readdirSync(join(installed.folder, "node_modules"));
		const names = folders
			.filter((name) => !name.startsWith("."))
			.flatMap((name) =>
				name.startsWith("@")
					? readdirSync(join(installed.folder, "node_modules", name)).map((of) => `${name}/${of}`)
					: [name],
			);
		expect(names.sort()).toEqual([...ALLOWED, ...BROUGHT, "holdfast"].sort());
	});

	it("runs no script at installation, anywhere in the tree", () => {
		for (const name of [...ALLOWED, ...BROUGHT, "holdfast"]) {
			const { scripts = {} } = readManifest(join(installed.folder, "node_modules", name));
			// `prepare` runs for a git dependency only, and not for what the registry gives.
			const run = INSTALL_SCRIPTS.filter((script) => script !== "prepare" || name === "holdfast");
			expect(
				Object.keys(scripts).filter((script) => run.includes(script)),
				name,
			).toEqual([]);
		}
	});

	it("is at least as new as the fixes that we rely on", () => {
		const { version } = readManifest(join(installed.folder, "node_modules/ws"));
		const [major = 0, minor = 0] = version.split(".").map(Number);
		// 8.21: fragments and buffered chunks are bounded (ws security advisory of May 2026).
		expect(major * 1_000 + minor).toBeGreaterThanOrEqual(8_021);
		expect(OURS.dependencies.ws).toMatch(/^\^8\.(?:2[1-9]|[3-9]\d)\./);
	});
});

describe("Loading it", () => {
	// A user of "holdfast/react", "/server/redis" or "/server/nats" has it: it is an optional peer.
	beforeAll(() => {
		const peers = ["react", "redis", "@nats-io/jetstream", "@nats-io/transport-node"];
		linkModules(installed.folder, peers);
	});

	it("works by import and by require, with the same exports", () => {
		const byImport = exportsOf("module");
		expect(exportsOf("commonjs")).toEqual(byImport);
		for (const path of PATHS) expect(byImport[path], path).not.toEqual([]);
	});

	it("needs no `require` of an ES module, which Node below 20.19 lacks", () => {
		for (const path of pathsLike(/\.cjs$/)) {
			expect(contents(path), path).not.toMatch(/require\(["'](?:p-retry|is-network-error)/);
		}
	});

	it("leaves nothing open: a process that imports all of it ends by itself", () => {
		const code = PATHS.map((path) => `import "${path}";`).join("");
		expect(run(process.execPath, ["--input-type=module", "-e", code], installed.folder)).toBe("");
	});

	it("asks for nothing of Node's in a browser", () => {
		const seen = new Set<string>();
		const visit = (path: string): void => {
			if (seen.has(path)) return;
			seen.add(path);
			for (const [, specifier = ""] of contents(path).matchAll(
				/(?:\bfrom|\bimport)\s+"([^"]+)"/g,
			)) {
				if (specifier.startsWith(".")) visit(posix.join(posix.dirname(path), specifier));
				else if (specifier === "#dns") visit("dist/dns-platform-none.js");
				else
					expect(
						ALLOWED.filter((name) => name !== "ws"),
						path,
					).toContain(specifier);
			}
		};
		visit("dist/index.js");
		visit("dist/dns.js");
		visit("dist/testing.js");
		visit("dist/server.js");
		visit("dist/assets.js");
		visit("dist/boot.js");
		expect(seen.size).toBeGreaterThan(2);
	});

	it.each(["module", "commonjs"])("resolves names by itself in Node, as %s", (type) => {
		const load = type === "module" ? "await import(path)" : "require(path)";
		const code = `(async () => { let path = "holdfast"; const { createClient } = ${load};
			const resolver = { resolve: async (name) => { console.log(name); return []; } };
			const endpoints = ["ws://wss-primary.test/"];
			const client = createClient({ endpoints, connect: "eager", runtime: { resolver } });
			setTimeout(() => client.close(), 100); })()`;
		const output = run(process.execPath, [`--input-type=${type}`, "-e", code], installed.folder);
		expect(output.trim()).toBe("wss-primary.test");
	});

	it("bundles DNS over HTTPS for a browser, without a polyfill", async () => {
		const { outputFiles } = await build({
			stdin: {
				contents: 'export { dohResolver, trackDns } from "holdfast/dns";',
				resolveDir: installed.folder,
			},
			bundle: true,
			write: false,
			format: "esm",
			platform: "browser",
			logLevel: "silent",
		});
		const [file] = outputFiles;
		expect(file?.text).not.toMatch(/\bBuffer[.(]|\bprocess\.|["']node:/);
		expect(file?.text).toContain("application/dns-message");
	});

	it("brings a command that runs", () => {
		const command = join(installed.folder, "node_modules/.bin/holdfast");
		expect(run(command, ["--help"], installed.folder)).toMatch(/^holdfast manifest <folder>/);
	});

	it("needs no bundler: the browser's file imports nothing, unless tabs are to share", () => {
		const onDemand = 'import("./holdfast-sharing.min.js")';
		const file = contents("dist/browser/holdfast.min.js").replace(onDemand, "");
		const sharing = contents("dist/browser/holdfast-sharing.min.js");
		const sources = sharing.match(/\bfrom\s*["'][^"']*/g);
		expect(new Set(sources)).toEqual(new Set(['from"./holdfast.min.js']));
		expect(file).toMatch(/export\s*\{/);
		expect(file).not.toMatch(/\bimport\s*["'{*(]|\bfrom\s*["']|\brequire\(/);
	});
});

describe("Its types hold for a user", () => {
	const compile = (files: readonly string[], options: object): void => {
		const configuration = {
			compilerOptions: { strict: true, noEmit: true, target: "ES2022", ...options },
			files,
		};
		writeFileSync(join(installed.folder, "tsconfig.json"), JSON.stringify(configuration));
		run(process.execPath, [resolve("node_modules/typescript/bin/tsc")], installed.folder);
	};

	beforeAll(() => {
		for (const file of readdirSync("test/package/consumer")) {
			cpSync(join("test/package/consumer", file), join(installed.folder, file));
		}
		linkModules(installed.folder, ["@types/node", "undici-types"]);
	});

	it("in Node, as an ES module and in CommonJS", () => {
		const options = { module: "nodenext", lib: ["ES2022"], types: ["node"] };
		expect(() => compile(["esm.mts", "cjs.cts"], options)).not.toThrow();
	}, 120_000);

	it("in a bundler, without the types of Node", () => {
		const lib = ["ES2022", "DOM", "ESNext.Disposable"];
		const options = { module: "esnext", moduleResolution: "bundler", lib, types: [] };
		expect(() => compile(["page.ts"], options)).not.toThrow();
	}, 120_000);
});
