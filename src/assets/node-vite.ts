import { RealtimeError } from "../errors/realtime-error.js";
import { WORKER_TEXT } from "./boot-text.js";
import { integrityOf } from "./integrity.js";
import type { AssetEntry, AssetType } from "./manifest.js";
import { versionNear } from "./node-folder.js";
import { type BootOptions, bootTag } from "./tags.js";

/** What `holdfast()` takes: what `bootTag` takes, but for the manifest, which comes from the build. */
export interface VitePluginOptions extends Omit<BootOptions, "manifest" | "nonce"> {
	/** Grows with each build, a build number say. @default the version of the nearest package.json */
	readonly version?: string;
	/** Name of a service worker to write beside the page; your app registers it. @default none */
	readonly serviceWorker?: string;
}

/** A file of a build, as Vite's bundler tells of it. */
export interface BundleFile {
	/** "chunk" is code, "asset" anything else. */
	readonly type: "chunk" | "asset";
	/** Path under the output folder. */
	readonly fileName: string;
	/** Of a chunk. @default none */
	readonly code?: string;
	/** Of an asset. @default none */
	source?: string | Uint8Array;
	/** Whether a chunk is one that the page names. @default false */
	readonly isEntry?: boolean;
	/** Which other chunks a chunk imports. @default none */
	readonly imports?: readonly string[];
	/** Which other chunks a chunk may import later. @default none */
	readonly dynamicImports?: readonly string[];
}

/** What a bundler gives a plugin to add a file with. */
export interface Emitter {
	/** Adds a file to the build. */
	emitFile(file: { type: "asset"; fileName: string; source: string }): string;
}

/** The part of Vite's plugin interface that this plugin has: it fits `plugins` of Vite 5 and newer. */
export interface VitePlugin {
	/** How Vite calls it in its messages. */
	readonly name: string;
	/** Builds only: a development server serves its own files. */
	readonly apply: "build";
	/** After Vite's own plugins. */
	readonly enforce: "post";
	/** One module and one style sheet: see `holdfast()`. */
	config(this: unknown): object;
	/** Learns where the project is, and its nonce. */
	configResolved(config: {
		readonly root: string;
		readonly html?: { readonly cspNonce?: string | undefined } | undefined;
	}): void;
	/** Puts the boot script into each page, in the place of what it boots. */
	readonly generateBundle: {
		readonly order: "post";
		handler(this: Emitter, options: unknown, bundle: Record<string, BundleFile>): Promise<void>;
	};
}

/**
 * A Vite plugin: the build's pages boot from several origins, with the manifest and the boot script
 * inlined. Upload the build to every origin, and serve the pages from wherever you do.
 *
 * It has the build make one module and one style sheet, since a module that is run from verified bytes
 * has no relative imports; lazy parts come along in it. Images and fonts are none of its business.
 *
 * @example
 * export default defineConfig({
 * 	plugins: [holdfast({ origins: ["https://cdn.example", "https://backup-cdn.example"] })],
 * });
 *
 * @throws RealtimeError `invalid-option`, during the build
 */
export function holdfast(options: VitePluginOptions): VitePlugin {
	let root = ".";
	let nonce: string | undefined;
	return {
		name: "holdfast",
		apply: "build",
		enforce: "post",
		config() {
			// Vite 8 bundles with Rolldown, which has another word for it.
			const { meta } = (this ?? {}) as { readonly meta?: { readonly rolldownVersion?: string } };
			const one = meta?.rolldownVersion ? { codeSplitting: false } : { inlineDynamicImports: true };
			const rollupOptions = { output: one };
			return { build: { cssCodeSplit: false, modulePreload: false, rollupOptions } };
		},
		configResolved(config) {
			root = config.root;
			nonce = config.html?.cspNonce;
		},
		generateBundle: {
			order: "post",
			async handler(_options, bundle) {
				const { serviceWorker, version = await versionNear(root), ...rest } = options;
				const files = Object.values(bundle);
				const entries = await entriesOf(files);
				const tag = bootTag({
					...rest,
					...(nonce !== undefined && { nonce }),
					manifest: { version, entries },
				});
				for (const page of files.filter(({ fileName }) => fileName.endsWith(".html")))
					page.source = withTag(textOf(page), tag, entries);
				if (serviceWorker === undefined) return;
				this.emitFile({ type: "asset", fileName: serviceWorker, source: WORKER_TEXT });
			},
		},
	};
}

async function entriesOf(files: readonly BundleFile[]): Promise<readonly AssetEntry[]> {
	const split = files.find(({ fileName, imports = [], dynamicImports = [] }) =>
		// A part that was lazy, and is in the same file now, is told as the file's import of itself.
		[...imports, ...dynamicImports].some((other) => other !== fileName),
	);
	if (split !== undefined)
		throw new RealtimeError("invalid-option", `${split.fileName} imports other files.`, {
			remediation: "Leave the build's code splitting to holdfast(): one module is what boots.",
		});
	const listed = files.flatMap((file) => {
		const type = typeOf(file);
		return type === null ? [] : [{ file, type }];
	});
	const entries = listed.map(async ({ file, type }): Promise<AssetEntry> => {
		const body = new TextEncoder().encode(file.type === "chunk" ? file.code : textOf(file));
		const integrity = await integrityOf(body);
		return { path: file.fileName, integrity, type, bytes: body.length };
	});
	const all = await Promise.all(entries);
	return [
		...all.filter(({ type }) => type === "style"),
		...all.filter(({ type }) => type === "module"),
	];
}

function typeOf({ type, fileName }: BundleFile): AssetType | null {
	if (type === "chunk") return "module";
	return fileName.endsWith(".css") ? "style" : null;
}

const textOf = ({ source = "" }: BundleFile): string =>
	typeof source === "string" ? source : new TextDecoder().decode(source);

/** Without Vite's own tags for what the boot script loads: they would load it once more, unverified. */
function withTag(html: string, tag: string, entries: readonly AssetEntry[]): string {
	const isBooted = (element: string): boolean => {
		const [, url = ""] = /\s(?:src|href)="?([^"\s>]+)/.exec(element) ?? [];
		return entries.some(({ path }) => url === path || url.endsWith(`/${path}`));
	};
	const bare = html.replace(
		/[ \t]*(?:<script\b[^>]*><\/script>|<link\b[^>]*>)\r?\n?/g,
		(element) => (isBooted(element) ? "" : element),
	);
	const at = /<head\b[^>]*>(?:\s*<meta\b[^>]*>)*/i.exec(bare);
	const end = at === null ? 0 : at.index + at[0].length;
	return `${bare.slice(0, end)}\n${tag}${bare.slice(end)}`;
}
