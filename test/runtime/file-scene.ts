import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { encodeRecord } from "../../src/runtime/file-log.js";
import { fileStorage } from "../../src/runtime/file-storage.js";

type Storage = ReturnType<typeof fileStorage>;

/** A directory of its own for each test, and what happens in it. */
export interface FileScene {
	readonly directory: string;
	readonly logged: unknown[][];
	/** Another that uses it, as another process would. */
	storage(where?: string): Storage;
	files(): Promise<readonly string[]>;
	segments(): Promise<readonly string[]>;
	/** Puts a segment there as a process that has ended left it. */
	leave(name: string, bytes: Buffer): Promise<void>;
	/** Everything that is stored, as a new process finds it. */
	stored(where?: string): Promise<Record<string, unknown>>;
	disposeAll(): Promise<void>;
}

export const record = (seq: number, key: string, value?: unknown): Buffer =>
	encodeRecord({ seq, key, json: value === undefined ? null : JSON.stringify(value) });

/** Call it once in a test file: its hooks make the directory, and remove it. */
export function fileScene(): FileScene {
	let directory = "";
	const logged: unknown[][] = [];
	const opened: Storage[] = [];
	const log = (event: string, fields?: object) => logged.push([event, fields]);
	const logger = { debug: log, info: log, warn: log, error: log };
	const disposeAll = async (): Promise<void> => {
		for (const storage of opened.splice(0)) await storage[ASYNC_DISPOSE]();
	};
	const storage = (where = directory): Storage => {
		const made = fileStorage(where, { logger });
		opened.push(made);
		return made;
	};
	const files = async (): Promise<readonly string[]> => (await readdir(directory)).sort();
	beforeEach(async () => {
		directory = await mkdtemp(join(tmpdir(), "holdfast-storage-"));
		logged.length = 0;
	});
	afterEach(async () => {
		vi.restoreAllMocks();
		await disposeAll();
		await rm(directory, { recursive: true, force: true });
	});
	return {
		get directory() {
			return directory;
		},
		logged,
		storage,
		files,
		disposeAll,
		segments: async () => (await files()).filter((name) => name.endsWith(".records")),
		leave: (name, bytes) => writeFile(join(directory, `0-0-${name}.records`), bytes),
		stored: async (where) => {
			const fresh = storage(where);
			const read = async (key: string) => [key, await fresh.get(key)] as const;
			return Object.fromEntries(await Promise.all((await fresh.keys()).map(read)));
		},
	};
}
