/*
 * What is kept over loads: how the origins did, the newest manifest seen, the last good one, and the
 * files of both. A record is whatever a disk made of it, so each is verified when it comes out. Storage
 * that fails or hangs costs the copy, never the load.
 */
import { isRealtimeError } from "../errors/realtime-error.js";
import { withDeadline } from "../runtime/deadline.js";
import type { KeyValueStorage, Runtime } from "../runtime/runtime.js";
import { fromBase64, isIntact, toBase64 } from "./integrity.js";
import { type AssetEntry, type AssetManifest, checkManifest } from "./manifest.js";
import type { Body } from "./request.js";

export interface Served {
	readonly body: Body;
	readonly origin: string;
}

/** "seen": one of its files was verified, so it is the newest that is real. "good": it booted. */
export type Slot = "seen" | "good";

/** Storage that has not answered by then is done without, for good: a boot must not wait for each file. */
const STORAGE_MS = 2_000;

export class Kept {
	readonly #storage: KeyValueStorage | null;
	readonly #prefix: string;
	readonly #runtime: Runtime;
	#isDead = false;

	constructor(storage: KeyValueStorage | null, name: string, runtime: Runtime) {
		this.#storage = storage;
		this.#prefix = `assets/${name}/`;
		this.#runtime = runtime;
	}

	health(): Promise<unknown> {
		return this.#get("health");
	}

	keepHealth(health: unknown): Promise<boolean> {
		return this.#set("health", health);
	}

	async manifest(slot: Slot): Promise<AssetManifest | null> {
		const stored = await this.#get(slot);
		if (stored === undefined) return null;
		try {
			return checkManifest(stored);
		} catch {
			this.#warn("asset-record-damaged", { record: slot });
			return null;
		}
	}

	keepManifest(slot: Slot, manifest: AssetManifest): Promise<boolean> {
		return this.#set(slot, manifest);
	}

	/** Half a file, or another one under its name, is none; it is cleared away. */
	async file({ path, integrity }: AssetEntry): Promise<Served | null> {
		const stored = await this.#get(`file/${integrity}`);
		if (stored === undefined) return null;
		const { body: text, origin } = (stored ?? {}) as Readonly<Record<string, unknown>>;
		const body = typeof text === "string" ? fromBase64(text) : null;
		if (body !== null && typeof origin === "string" && (await isIntact(body, integrity)))
			return { body, origin };
		this.#warn("asset-record-damaged", { record: path });
		await this.#delete(`file/${integrity}`);
		return null;
	}

	/** Whether it is kept: a full disk is a reason to do without. */
	keepFile({ integrity }: AssetEntry, { body, origin }: Served): Promise<boolean> {
		// As text: what a storage keeps need only survive JSON.
		return this.#set(`file/${integrity}`, { body: toBase64(body), origin });
	}

	/** Clears away all files but those of this manifest. */
	async prune({ entries }: AssetManifest): Promise<void> {
		const files = `${this.#prefix}file/`;
		const wanted = new Set(entries.map(({ integrity }) => `${files}${integrity}`));
		const keys = (await this.#use("keys", (storage) => storage.keys())) ?? [];
		const superfluous = keys.filter((key) => key.startsWith(files) && !wanted.has(key));
		for (const key of superfluous) await this.#delete(key.slice(this.#prefix.length));
	}

	#get(key: string): Promise<unknown> {
		return this.#use(key, (storage) => storage.get(this.#prefix + key));
	}

	#set(key: string, value: unknown): Promise<boolean> {
		const set = (storage: KeyValueStorage) => storage.set(this.#prefix + key, value);
		return this.#use(key, (storage) => set(storage).then(() => true)).then(Boolean);
	}

	#delete(key: string): Promise<unknown> {
		return this.#use(key, (storage) => storage.delete(this.#prefix + key));
	}

	async #use<T>(
		key: string,
		act: (storage: KeyValueStorage) => Promise<T>,
	): Promise<T | undefined> {
		const storage = this.#storage;
		if (storage === null || this.#isDead) return undefined;
		const { clock } = this.#runtime;
		try {
			const deadline = { clock, ms: STORAGE_MS, label: "asset-storage" };
			return await withDeadline(() => act(storage), deadline);
		} catch (reason) {
			this.#isDead = isRealtimeError(reason) && reason.code === "connect-timeout";
			this.#warn("asset-storage-failed", { key, reason: (reason as Error | null)?.name });
			return undefined;
		}
	}

	#warn(event: string, fields: object): void {
		this.#runtime.logger.warn(event, fields);
	}
}
