/*
 *   <process>-<random>.records     one for each process that writes: nobody else appends to it
 *   0-0-<random>.records           put down by a process that lives on or has ended well
 *   *.damaged                      set aside, for a person to look at
 *
 * What is stored is the union of all of them. So several processes share a directory, and what one has
 * written waits for no other and is spoilt by none. Files of the dead are merged into the own one.
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { RealtimeError } from "../errors/realtime-error.js";
import { ASYNC_DISPOSE } from "../reactive/disposable.js";
import { compact, hasLeftovers } from "./file-compaction.js";
import { FileIndex } from "./file-index.js";
import { encodeRecord } from "./file-log.js";
import { OwnSegment, syncDirectory } from "./file-segment.js";
import { consoleLogger } from "./logger.js";
import type { KeyValueStorage, Logger } from "./runtime.js";

/** What `fileStorage` takes beside its directory. */
export interface FileStorageOptions {
	/** Hears of `storage-damaged`: records that a disk has spoilt. @default the console */
	readonly logger?: Logger;
}

/** Below it a segment is not worth rewriting. */
const COMPACT_BYTES = 1_048_576;

/**
 * Storage in a directory, which is created if need be: for `runtime.storage` in Node. A `set` that
 * resolved has been written and synced (many at once share one sync), and survives a kill at any
 * moment and a loss of power. Values are JSON. Several processes of one machine may share a directory;
 * machines or containers may not, as each takes the other's processes for dead. Dispose it at the end.
 */
export function fileStorage(
	directory: string,
	options: FileStorageOptions = {},
): KeyValueStorage & AsyncDisposable {
	return new FileStorage(directory, options.logger ?? consoleLogger("warn"));
}

interface Change {
	readonly key: string;
	/** Null: delete. */
	readonly json: string | null;
}

interface Job {
	/** Null: only look. */
	readonly change: Change | null;
	readonly resolve: () => void;
	readonly reject: (reason: unknown) => void;
}

class FileStorage implements KeyValueStorage, AsyncDisposable {
	readonly #directory: string;
	readonly #logger: Logger;
	readonly #index: FileIndex;
	#own: OwnSegment | undefined;
	#jobs: Job[] = [];
	#working: Promise<void> | undefined;
	#compactAt = COMPACT_BYTES;
	#isOpen = false;
	#isClosed = false;

	constructor(directory: string, logger: Logger) {
		this.#directory = directory;
		this.#logger = logger;
		this.#index = new FileIndex(directory);
	}

	async get(key: string): Promise<unknown> {
		await this.#do(null);
		const json = this.#index.records.get(key)?.json ?? null;
		return json === null ? undefined : JSON.parse(json);
	}

	async set(key: string, value: unknown): Promise<void> {
		// undefined, too, is a value that was set, and the nearest that JSON has is null.
		await this.#do({ key, json: JSON.stringify(value) ?? "null" });
	}

	delete(key: string): Promise<void> {
		return this.#do({ key, json: null });
	}

	async keys(): Promise<readonly string[]> {
		await this.#do(null);
		const records = [...this.#index.records.values()];
		return records.filter(({ json }) => json !== null).map(({ key }) => key);
	}

	async [ASYNC_DISPOSE](): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		await this.#working;
		await this.#own?.putDown();
	}

	#do(change: Change | null): Promise<void> {
		if (this.#isClosed) return Promise.reject(new RealtimeError("closed", "storage was disposed"));
		return new Promise((resolve, reject) => {
			this.#jobs.push({ change, resolve, reject });
			this.#working ??= this.#work();
		});
	}

	/** All that has been asked for meanwhile shares one write and one sync, or one look at the files. */
	async #work(): Promise<void> {
		// Calls of one turn belong together.
		await Promise.resolve();
		while (this.#jobs.length > 0) {
			const jobs = this.#jobs.splice(0);
			await answer(
				jobs.filter(({ change }) => change !== null),
				() => this.#write(jobs.flatMap(({ change }) => change ?? [])),
			);
			await answer(
				jobs.filter(({ change }) => change === null),
				() => this.#look(),
			);
			if ((this.#own?.size ?? 0) > this.#compactAt) await this.#compact();
		}
		// In the same breath as the last look at the jobs, or the next one would wait for ever.
		this.#working = undefined;
	}

	async #look(): Promise<void> {
		if (!this.#isOpen) {
			const made = await mkdir(this.#directory, { recursive: true, mode: 0o700 });
			if (made !== undefined) await syncDirectory(dirname(made));
		}
		await this.#index.refresh(this.#own?.name);
		if (!this.#isOpen && hasLeftovers(this.#index)) await this.#compact();
		this.#isOpen = true;
	}

	async #write(changes: readonly Change[]): Promise<void> {
		// A key deleted that we do not know may be in a file that we have not read.
		const isKnown = ({ key, json }: Change) => json !== null || this.#index.records.has(key);
		if (!this.#isOpen || !changes.every(isKnown)) await this.#look();
		let { seq } = this.#index;
		const records = changes.map((change) => ({ ...change, seq: ++seq }));
		const bytes = Buffer.concat(records.map(encodeRecord));
		try {
			if (this.#own) await this.#own.append(bytes);
			else this.#own = await OwnSegment.create(this.#directory, bytes);
		} catch (reason) {
			// Once a sync has failed, nobody knows what the next one of that file proves.
			const own = this.#own;
			this.#own = undefined;
			await own?.putDown().catch(() => undefined);
			throw reason;
		}
		for (const record of records) this.#index.apply(this.#own.name, record);
	}

	async #compact(): Promise<void> {
		try {
			this.#own = await compact(this.#directory, this.#index, this.#own, this.#logger);
		} catch (reason) {
			// Nothing is lost by it but room.
			this.#logger.warn("storage-compaction", { reason });
		}
		this.#compactAt = Math.max(COMPACT_BYTES, 4 * (this.#own?.size ?? 0));
	}
}

async function answer(jobs: readonly Job[], act: () => Promise<void>): Promise<void> {
	if (jobs.length === 0) return;
	try {
		await act();
		for (const { resolve } of jobs) resolve();
	} catch (reason) {
		for (const { reject } of jobs) reject(reason);
	}
}
