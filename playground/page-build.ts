/*
 * The page, built by Vite with our own plugin: one module and one style sheet, which the boot script in the HTML
 * loads from the edge's CDNs. Built when it is missing, or older than what it is made of; the build does not know
 * on which ports the CDNs will be, so the page's server writes that into the HTML.
 */
import { readdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { holdfast } from "holdfast/vite";
import { build } from "vite";

const ROOT = new URL("../", import.meta.url);
/** With "development" React says aloud what it does not like, and mounts twice under StrictMode: for tests. */
const MODE = process.env.HOLDFAST_PAGE === "development" ? "development" : "production";
/** Ignored by git. */
const BUILT = new URL(`.tmp/playground-page/${MODE}/`, ROOT);
const SOURCES = ["src/", "playground/", "package-lock.json", "tsconfig.json"];

/** The folder with the build: what both CDNs serve. */
export const BUILD_FOLDER: string = fileURLToPath(BUILT);
/** In the place of the CDNs' origins. */
export const CDN_NAMES = ["http://cdn.localhost", "http://backup-cdn.localhost"] as const;

export async function isBuilt(): Promise<boolean> {
	const builtAt = await changedAt(new URL("index.html", BUILT));
	const changes = await Promise.all(SOURCES.map((path) => newestIn(new URL(path, ROOT))));
	return changes.every((at) => at <= builtAt);
}

export async function buildPage(): Promise<void> {
	const { NODE_ENV: before } = process.env;
	// Vite and React go by it, whatever this process runs as.
	process.env.NODE_ENV = MODE;
	try {
		await bundle();
	} finally {
		if (before === undefined) delete process.env.NODE_ENV;
		else process.env.NODE_ENV = before;
	}
}

async function bundle(): Promise<void> {
	await build({
		configFile: false,
		root: fileURLToPath(new URL("page/", import.meta.url)),
		mode: MODE,
		logLevel: "warn",
		// The sources have the library under the names that users import.
		resolve: { tsconfigPaths: true },
		build: {
			outDir: BUILD_FOLDER,
			emptyOutDir: true,
			assetsInlineLimit: 0,
			// One module is what boots.
			chunkSizeWarningLimit: 2_000,
			// "use client" of our own hooks, which means nothing to a page.
			rollupOptions: { checks: { moduleLevelDirective: false } },
		},
		plugins: [
			holdfast({
				origins: CDN_NAMES,
				// A page that was here before runs the newer of two builds.
				version: String(Date.now()),
				serviceWorker: "worker.js",
				hedgeAfterMs: 1_500,
				timeoutMs: 6_000,
			}),
		],
	});
}

async function newestIn(place: URL): Promise<number> {
	if (!place.pathname.endsWith("/")) return changedAt(place);
	const paths = await readdir(place, { recursive: true });
	const files = paths.filter((path) => /\.(?:tsx?|css|html|svg)$/.test(path));
	const times = files.map((path) => changedAt(new URL(path.replaceAll("\\", "/"), place)));
	return Math.max(...(await Promise.all(times)));
}

/** 0 for a file that is not there. */
function changedAt(file: URL): Promise<number> {
	return stat(file).then(
		({ mtimeMs }) => mtimeMs,
		() => 0,
	);
}
