import { BOOT_TEXT } from "./boot-text.js";
import type { AssetLoaderOptions } from "./contract.js";
import { type AssetEntry, type AssetManifest, checkManifest } from "./manifest.js";
import { checkOptions } from "./settings.js";

/** What `bootTag` takes: origins and manifest as `createAssetLoader` has them, and what concerns the page. */
export interface BootOptions
	extends Pick<AssetLoaderOptions, "hedgeAfterMs" | "timeoutMs" | "staleAfterMs"> {
	/** Base URLs that serve the same files, in order of preference. */
	readonly origins: readonly string[];
	/** What the build consists of. */
	readonly manifest: AssetManifest;
	/** The nonce of this answer's content security policy; scripts that boot adds carry it too. @default none */
	readonly nonce?: string;
}

/** What boot-script.ts reads, without names, since they would be part of what it weighs. */
export type BootConfiguration = readonly [
	origins: readonly string[],
	manifest: AssetManifest,
	hedgeAfterMs: number,
	timeoutMs: number,
	staleAfterMs: number,
];

/** A file of the version that the inline script chose. */
export interface BootedFile extends AssetEntry {
	/** Its bytes, verified. */
	readonly body: ArrayBuffer;
	/** Who served it; of one that was kept, the first origin. */
	readonly origin: string;
	/** It was in storage. */
	readonly kept?: boolean;
}

/** What runs: a manifest with the bytes of its files. */
export interface BootedVersion {
	/** As in the manifest. */
	readonly version: string;
	/** In the order of the manifest. Those of type "data" are for you to use. */
	readonly entries: readonly BootedFile[];
}

/** What the inline script puts on the page, as `globalThis.holdfast`; the version before its first file runs. */
export interface InlineBoot extends Partial<BootedVersion> {
	/** Resolves once all of it has run. Rejects if no version could be had. */
	ready?: Promise<BootedVersion>;
}

/**
 * The tag for the head of a page, as HTML: the inline script, whose text is always `bootText`, with its
 * configuration in an attribute.
 *
 * @example
 * const html = `<!doctype html><head>${bootTag({ origins, manifest, nonce })}</head>…`;
 *
 * @throws RealtimeError `invalid-option`, `invalid-manifest`
 */
export function bootTag({ nonce, ...options }: BootOptions): string {
	const { origins, policy, staleAfterMs } = checkOptions(options);
	const { hedgeAfterMs, timeoutMs } = policy;
	const manifest = checkManifest(options.manifest);
	const configuration: BootConfiguration = [
		origins,
		manifest,
		hedgeAfterMs,
		timeoutMs,
		staleAfterMs,
	];
	const attributes = { nonce, "data-holdfast": JSON.stringify(configuration) };
	const list = Object.entries(attributes).filter(([, value]) => value !== undefined);
	const text = list.map(([name, value = ""]) => ` ${name}="${escapeHtml(value)}"`).join("");
	return `<script${text}>${BOOT_TEXT}</script>`;
}

const escapeHtml = (text: string): string =>
	text.replace(/[&"<>]/g, (char) => `&#${char.charCodeAt(0)};`);
