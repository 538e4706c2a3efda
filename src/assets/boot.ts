/*
 * A whole version: all of it loaded and verified, then run in order; so half a version never runs. Where
 * the network does not give it in time, the last good version runs instead, out of storage.
 */
import { isRealtimeError, RealtimeError } from "../errors/realtime-error.js";
import { withDeadline } from "../runtime/deadline.js";
import type { Runtime } from "../runtime/runtime.js";
import type { Asset, BootReport } from "./contract.js";
import type { AssetEntry, AssetManifest } from "./manifest.js";
import { runAll } from "./run.js";
import type { Settings } from "./settings.js";
import { isOutage, type Source } from "./source.js";

type Progress = ((done: number, total: number) => void) | undefined;

interface Version {
	readonly manifest: AssetManifest;
	/** As the manifest lists them. */
	readonly assets: readonly Asset[];
}

/** What browsers open to one host over HTTP/1.1: a request that waits for its turn would look hung. */
const AT_ONCE = 6;

export class Boot {
	readonly #source: Source;
	readonly #settings: Settings;
	readonly #runtime: Runtime;

	constructor(source: Source, settings: Settings, runtime: Runtime) {
		this.#source = source;
		this.#settings = settings;
		this.#runtime = runtime;
	}

	async run(signal: AbortSignal, onProgress: Progress): Promise<BootReport> {
		const { clock } = this.#runtime;
		const since = clock.monotonic();
		const version = await this.#version(signal, onProgress);
		signal.throwIfAborted();
		await execute(version);
		const report = describe(version, clock.monotonic() - since);
		await this.#remember(version.manifest);
		return report;
	}

	async #version(signal: AbortSignal, onProgress: Progress): Promise<Version> {
		const good = await this.#source.kept.manifest("good");
		if (good === null) return this.#current(signal, onProgress);
		const { clock } = this.#runtime;
		const deadline = { clock, ms: this.#settings.staleAfterMs, label: "asset-boot", signal };
		try {
			return await withDeadline((inner) => this.#current(inner, onProgress), deadline);
		} catch (reason) {
			const isLate = isRealtimeError(reason) && reason.code === "connect-timeout";
			if (signal.aborted || !(isLate || isOutage(reason) || isBroken(reason))) throw reason;
			const last = await this.#lastGood(good, onProgress);
			if (last !== null) return last;
			// Part of it is gone, so there was no cause for haste.
			if (isLate) return this.#current(signal, onProgress);
			throw reason;
		}
	}

	async #current(signal: AbortSignal, onProgress: Progress): Promise<Version> {
		const manifest = await this.#source.manifest(signal);
		const load = (entry: AssetEntry) => this.#source.fileOf(manifest, entry, signal);
		const assets = await inParallel(manifest.entries, load, (done, total) =>
			this.#tell(onProgress, done, total),
		);
		return { manifest, assets };
	}

	/** Null where any file of it is missing or damaged. */
	async #lastGood(manifest: AssetManifest, onProgress: Progress): Promise<Version | null> {
		const assets: Asset[] = [];
		for (const entry of manifest.entries) {
			const kept = await this.#source.kept.file(entry);
			if (kept === null) return null;
			assets.push({ ...kept, path: entry.path, from: "cache", stale: true });
		}
		this.#runtime.logger.warn("asset-boot-stale", { version: manifest.version });
		this.#tell(onProgress, assets.length, assets.length);
		return { manifest, assets };
	}

	/** Good only with all its files: one that found no room would leave nothing to fall back on. */
	async #remember(manifest: AssetManifest): Promise<void> {
		const { kept } = this.#source;
		if (!this.#source.isKept(manifest)) return;
		if (await kept.keepManifest("good", manifest)) await kept.prune(manifest);
	}

	#tell(onProgress: Progress, done: number, total: number): void {
		try {
			onProgress?.(done, total);
		} catch (reason) {
			this.#runtime.logger.error("listener-threw", { reason });
		}
	}
}

/** A manifest whose own author broke it: the app that ran before is better than none. */
const isBroken = (reason: unknown): boolean =>
	isRealtimeError(reason) && reason.code === "invalid-manifest";

async function execute({ manifest, assets }: Version): Promise<void> {
	if (typeof document === "undefined") return;
	const nonce = document.querySelector<HTMLElement>("script[nonce]")?.nonce ?? "";
	const files = manifest.entries.map((entry, at) => ({ ...(assets[at] as Asset), ...entry }));
	await runAll(files, nonce).catch((cause: unknown) => {
		throw new RealtimeError("asset-unavailable", `verified, but not run: ${String(cause)}`, {
			cause,
			retryable: false,
			remediation:
				"Let the policy's script-src trust the nonce, or the hashes: docs/guides/assets.md.",
		});
	});
}

function describe({ manifest, assets }: Version, elapsedMs: number): BootReport {
	const origins: Record<string, number> = {};
	const served = assets.filter(({ from }) => from === "network");
	for (const { origin } of served) origins[origin] = (origins[origin] ?? 0) + 1;
	const some = served.length === 0 ? "cache" : "mixed";
	const from = served.length === assets.length ? "network" : some;
	return { version: manifest.version, from, origins, elapsedMs };
}

/** A few at a time; the first failure ends it. */
async function inParallel<T, R>(
	items: readonly T[],
	run: (item: T) => Promise<R>,
	onProgress: (done: number, total: number) => void,
): Promise<readonly R[]> {
	const results: R[] = [];
	let next = 0;
	let done = 0;
	const work = async (): Promise<void> => {
		for (let at = next++; at < items.length; at = next++) {
			results[at] = await run(items[at] as T);
			onProgress(++done, items.length);
		}
	};
	await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
	return results;
}
