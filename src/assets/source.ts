/* Where verified files come from: what is kept, else an origin. Which manifest counts is decided here. */
import { RealtimeError } from "../errors/realtime-error.js";
import type { KeyValueStorage, Runtime } from "../runtime/runtime.js";
import type { Asset } from "./contract.js";
import { type DownloadWorld, download } from "./download.js";
import { requireVerifier } from "./integrity.js";
import { Kept, type Served } from "./kept.js";
import {
	type AssetEntry,
	type AssetManifest,
	type AssetType,
	isOlder,
	parseManifest,
} from "./manifest.js";
import type { RemoteManifest, Settings } from "./settings.js";
import { Standing } from "./standing.js";

export class Source {
	readonly kept: Kept;
	readonly standing: Standing;
	readonly #world: DownloadWorld;
	readonly #given: AssetManifest | RemoteManifest | null;
	readonly #runtime: Runtime;
	readonly #life: AbortSignal;
	#manifest: Promise<AssetManifest> | null = null;
	#seen: Promise<unknown> | null = null;
	/** Integrity of what is known to lie in storage. */
	readonly #stored = new Set<string>();

	constructor(
		settings: Settings,
		storage: KeyValueStorage | null,
		runtime: Runtime,
		life: AbortSignal,
	) {
		this.#life = life;
		this.kept = new Kept(storage, settings.name, runtime);
		this.standing = new Standing(settings.origins, this.kept, runtime);
		this.#world = { runtime, policy: settings.policy, standing: this.standing };
		this.#given = settings.manifest;
		this.#runtime = runtime;
	}

	/** The manifest in force: the one given, or a newer one that was seen before. */
	manifest(signal: AbortSignal): Promise<AssetManifest> {
		// Asked for by one caller, awaited by several: none of them ends it for the others.
		this.#manifest ??= this.#inForce(this.#life).catch((reason: unknown) => {
			this.#manifest = null;
			throw reason;
		});
		return unlessAborted(this.#manifest, signal);
	}

	/** A file by its integrity. */
	async file(entry: AssetEntry, signal: AbortSignal): Promise<Asset> {
		requireVerifier();
		const kept = await this.kept.file(entry);
		signal.throwIfAborted();
		if (kept !== null) {
			this.#stored.add(entry.integrity);
			return toAsset(entry, kept, "cache");
		}
		const served = await download(entry, this.#world, signal);
		if (await this.kept.keepFile(entry, served)) this.#stored.add(entry.integrity);
		return toAsset(entry, served, "network");
	}

	isKept({ entries }: AssetManifest): boolean {
		return entries.every(({ integrity }) => this.#stored.has(integrity));
	}

	/** A file that the manifest lists. The first that comes right proves the manifest: it is the newest seen. */
	async fileOf(manifest: AssetManifest, entry: AssetEntry, signal: AbortSignal): Promise<Asset> {
		const asset = await this.file(entry, signal);
		this.#seen ??= this.kept.keepManifest("seen", manifest);
		await this.#seen;
		return asset;
	}

	/** A file by its path, where need be from the last good version. */
	async listed(path: string, signal: AbortSignal): Promise<Asset> {
		try {
			const manifest = await this.manifest(signal);
			const entry = manifest.entries.find((it) => it.path === path);
			if (entry === undefined)
				throw new RealtimeError("invalid-manifest", `${path} is not in ${manifest.version}.`);
			return await this.fileOf(manifest, entry, signal);
		} catch (reason) {
			if (signal.aborted || !isOutage(reason)) throw reason;
			const good = await this.kept.manifest("good");
			const entry = good?.entries.find((it) => it.path === path);
			const kept = entry && (await this.kept.file(entry));
			if (!entry || !kept) throw reason;
			return { ...toAsset(entry, kept, "cache"), stale: true };
		}
	}

	async #inForce(signal: AbortSignal): Promise<AssetManifest> {
		const given = this.#given;
		if (given === null)
			throw new RealtimeError("invalid-option", "This loader has no manifest.", {
				remediation: "Pass `manifest` to createAssetLoader, or `integrity` to load().",
			});
		const manifest = "entries" in given ? given : await this.#fetched(given, signal);
		const seen = await this.kept.manifest("seen");
		if (seen === null || !isOlder(manifest.version, seen.version)) return manifest;
		// Whoever can bring back an old page could bring back its holes (FAULTS C4).
		const versions = { given: manifest.version, seen: seen.version };
		this.#runtime.logger.warn("asset-manifest-older", versions);
		return seen;
	}

	async #fetched({ base, entry }: RemoteManifest, signal: AbortSignal): Promise<AssetManifest> {
		requireVerifier();
		const kept = await this.kept.file(entry);
		const only = base === null ? undefined : [base];
		const served = kept ?? (await download(entry, this.#world, signal, only));
		const manifest = parseManifest(new TextDecoder().decode(served.body));
		if (kept === null) await this.kept.keepFile(entry, served);
		return manifest;
	}
}

/** What the last good version may stand in for: not for a mistake of the app's. */
export function isOutage(reason: unknown): boolean {
	const { code } = RealtimeError.from(reason);
	return code === "asset-unavailable" || code === "integrity-mismatch";
}

/** By the name of a file that no manifest lists. */
export function typeOf(path: string): AssetType {
	if (/\.m?js$/.test(path)) return "script";
	return path.endsWith(".css") ? "style" : "data";
}

function toAsset({ path }: AssetEntry, { body, origin }: Served, from: Asset["from"]): Asset {
	return { body, path, origin, from, stale: false };
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	return new Promise((resolve, reject) => {
		const abort = (): void => reject(signal.reason);
		if (signal.aborted) abort();
		signal.addEventListener("abort", abort);
		work.finally(() => signal.removeEventListener("abort", abort)).then(resolve, reject);
	});
}
