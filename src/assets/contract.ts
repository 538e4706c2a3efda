import type { Readable } from "../reactive/readable.js";
import type { KeyValueStorage, Runtime } from "../runtime/runtime.js";
import type { AssetManifest } from "./manifest.js";
import type { OriginStatus } from "./origins.js";

/** What `createAssetLoader` takes. Only `origins` is required. */
export interface AssetLoaderOptions {
	/**
	 * Base URLs that serve the same files, in order of preference: the CDN, then its backup, which best
	 * belongs to another provider and another domain.
	 */
	readonly origins: readonly string[];
	/**
	 * What the build consists of: the manifest itself, inlined by the build; or where it lies (a path
	 * under each origin, or an absolute URL) with its integrity, which must come from elsewhere than the
	 * file. Without one there is no `boot()`, and `load()` needs an integrity. @default none
	 */
	readonly manifest?: AssetManifest | { readonly url: string; readonly integrity: string };
	/** How long an origin may take before the next one is asked too, in ms. @default 3000 */
	readonly hedgeAfterMs?: number;
	/** Limit of one try, from the request to its last byte, in ms. @default 20000 */
	readonly timeoutMs?: number;
	/**
	 * How long `boot()` waits for the network, in ms, if the last good version is at hand. @default 10000
	 */
	readonly staleAfterMs?: number;
	/**
	 * Where verified files are kept, or false. What comes out is verified again. @default runtime.storage:
	 * IndexedDB in browsers; in Node memory, until you pass `fileStorage()`
	 */
	readonly cache?: KeyValueStorage | false;
	/** Keeps apart what several apps of one web origin store. @default "app" */
	readonly name?: string;
	/** Every contact with the world. @default the system's */
	readonly runtime?: Partial<Runtime>;
}

/** Loads files from the first origin that serves them right, and hands out nothing that is not verified. */
export interface AssetLoader extends Disposable {
	/**
	 * One file. Its integrity is that of the manifest, or the one given here, outside the manifest.
	 * Where no origin has it, the copy of the last good version is given, marked `stale`; for an
	 * integrity given here, never.
	 * @throws RealtimeError `asset-unavailable`, `integrity-mismatch` (all origins served other bytes),
	 * `invalid-manifest` (the manifest or the path), `closed`; the signal's reason when aborted.
	 */
	load(
		path: string,
		options?: { readonly integrity?: string; readonly signal?: AbortSignal },
	): Promise<Asset>;
	/**
	 * Loads all that the manifest lists; once all of it is verified, runs it in order. In Node, where
	 * there is no document, it loads, verifies and keeps, and runs nothing. A second call gets the first
	 * one's report; after a failure it tries again.
	 * @throws RealtimeError as `load()`; `invalid-option` without a manifest.
	 */
	boot(options?: {
		readonly signal?: AbortSignal;
		readonly onProgress?: (done: number, total: number) => void;
	}): Promise<BootReport>;
	/** The origins with their failures, and until when a bad one is asked last. */
	readonly origins: Readable<readonly OriginStatus[]>;
}

/** A file, verified. */
export interface Asset {
	/** Its bytes: exactly those that its integrity names. */
	readonly body: Uint8Array<ArrayBuffer>;
	/** As in the manifest, without a leading slash. */
	readonly path: string;
	/** Who served it, now or when it was kept. */
	readonly origin: string;
	/** Where it comes from this time. */
	readonly from: "network" | "cache";
	/** It belongs to the last good version, and not to the one that was asked for. */
	readonly stale: boolean;
}

/** How a boot went. */
export interface BootReport {
	/** Which version runs. */
	readonly version: string;
	/** Where its files came from. */
	readonly from: "network" | "cache" | "mixed";
	/** How many files each origin served. */
	readonly origins: Readonly<Record<string, number>>;
	/** From the call to the last file's run. */
	readonly elapsedMs: number;
}
