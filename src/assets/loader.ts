import { RealtimeError } from "../errors/realtime-error.js";
import { DISPOSE } from "../reactive/disposable.js";
import { memoryStorage } from "../runtime/memory.js";
import { systemRuntime } from "../runtime/system.js";
import { Boot } from "./boot.js";
import type { Asset, AssetLoader, AssetLoaderOptions, BootReport } from "./contract.js";
import { checkIntegrity, checkPath } from "./manifest.js";
import { checkOptions } from "./settings.js";
import { Source, typeOf } from "./source.js";

/**
 * A loader of verified files from several origins. It keeps what it verified, so that the last good
 * version boots with every origin down, and remembers a bad origin for five minutes, over loads too.
 *
 * @example
 * const loader = createAssetLoader({
 * 	origins: ["https://cdn.example", "https://backup-cdn.example"],
 * 	manifest,
 * });
 * const { version, from } = await loader.boot();
 *
 * @throws RealtimeError `invalid-option`, or `invalid-manifest` for one that is given inline.
 */
export function createAssetLoader(options: AssetLoaderOptions): AssetLoader {
	return new Loader(options);
}

class Loader implements AssetLoader {
	readonly origins: AssetLoader["origins"];
	readonly #source: Source;
	readonly #boot: Boot;
	readonly #life = new AbortController();
	#booting: Promise<BootReport> | null = null;

	constructor(options: AssetLoaderOptions) {
		const settings = checkOptions(options);
		const runtime = systemRuntime(options.runtime);
		// Node has no storage of its own, and a loader without a folder is no reason to warn of that.
		const isBare = options.runtime?.storage === undefined && !("indexedDB" in globalThis);
		const cache = options.cache ?? (isBare ? memoryStorage() : runtime.storage);
		this.#source = new Source(settings, cache || null, runtime, this.#life.signal);
		this.#boot = new Boot(this.#source, settings, runtime);
		this.origins = this.#source.standing.readable;
	}

	async load(
		path: string,
		{ integrity, signal }: { readonly integrity?: string; readonly signal?: AbortSignal } = {},
	): Promise<Asset> {
		const plain = checkPath(path);
		return this.#within(signal, (inner) => {
			if (integrity === undefined) return this.#source.listed(plain, inner);
			const entry = { path: plain, integrity: checkIntegrity(integrity, plain) };
			return this.#source.file({ ...entry, type: typeOf(plain) }, inner);
		});
	}

	boot({ signal, onProgress }: Parameters<AssetLoader["boot"]>[0] = {}): Promise<BootReport> {
		// Twice run is worse than not run, so whoever asks meanwhile or later gets this one's report.
		this.#booting ??= this.#within(signal, (inner) => this.#boot.run(inner, onProgress)).catch(
			(reason: unknown) => {
				this.#booting = null;
				throw reason;
			},
		);
		return this.#booting;
	}

	[DISPOSE](): void {
		this.#life.abort(new RealtimeError("closed", "The asset loader was disposed."));
	}

	/** Ends with the caller's signal, or with the loader. */
	async #within<T>(
		signal: AbortSignal | undefined,
		run: (signal: AbortSignal) => Promise<T>,
	): Promise<T> {
		const both = [this.#life.signal, ...(signal ? [signal] : [])];
		// AbortSignal.any is missing from Node 20.2 and from Safari before 17.4.
		const inner = new AbortController();
		const done = new AbortController();
		for (const each of both) {
			const abort = (): void => inner.abort(each.reason);
			if (each.aborted) abort();
			else each.addEventListener("abort", abort, { once: true, signal: done.signal });
		}
		try {
			inner.signal.throwIfAborted();
			return await run(inner.signal);
		} finally {
			done.abort();
		}
	}
}
