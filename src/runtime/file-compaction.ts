import { readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { dispose } from "../reactive/disposable.js";
import type { FileIndex } from "./file-index.js";
import { fileLocks } from "./file-locks.js";
import { encodeRecord } from "./file-log.js";
import { isAlive } from "./file-owner.js";
import { DRAFT, OwnSegment, SUFFIX, syncDirectory } from "./file-segment.js";
import type { Logger } from "./runtime.js";

/** Whether there are files of processes that have ended. */
export function hasLeftovers(index: FileIndex): boolean {
	return [...index.segments.keys()].some((name) => !isAlive(name));
}

/**
 * Merges our own segment and those of the dead into a new one, which is returned; undefined where
 * nothing is left to keep. A crash at any step loses nothing and brings nothing back: the new segment
 * is complete before the first old one goes, and one process at a time does this.
 */
export async function compact(
	directory: string,
	index: FileIndex,
	own: OwnSegment | undefined,
	logger: Logger,
): Promise<OwnSegment | undefined> {
	const lock = await fileLocks(directory).tryAcquire("compaction");
	if (lock === null) return own;
	try {
		await index.refresh(own?.name);
		const names = [...index.segments.keys()];
		const merged = names.filter((name) => name === own?.name || !isAlive(name));
		const next = await rewrite(directory, index, new Set(merged), own);
		try {
			await own?.close();
			for (const name of merged) await discard(directory, index, name, logger);
			for (const draft of await drafts(directory)) await unlink(join(directory, draft));
			await syncDirectory(directory);
		} catch (reason) {
			// What stays says the same as the new one, or less.
			logger.warn("storage-compaction", { reason });
		}
		return next;
	} finally {
		dispose(lock);
	}
}

async function rewrite(
	directory: string,
	index: FileIndex,
	merged: ReadonlySet<string>,
	own: OwnSegment | undefined,
): Promise<OwnSegment | undefined> {
	const others = [...index.segments].filter(([name]) => name !== own?.name);
	// What was deleted must be remembered as long as a file has an older word of it, which may outlive
	// a crash; in our own segment the two are together.
	const isOld = (key: string): boolean => others.some(([, { keys }]) => keys.has(key));
	const ours = [...index.records.values()].filter(({ segment }) => merged.has(segment));
	const kept = ours.filter(({ key, json }) => json !== null || isOld(key));
	const bytes = Buffer.concat(kept.map(encodeRecord));
	const next = bytes.length > 0 ? await OwnSegment.create(directory, bytes) : undefined;
	for (const { key } of ours) index.records.delete(key);
	for (const record of kept) if (next) index.apply(next.name, record);
	return next;
}

async function discard(
	directory: string,
	index: FileIndex,
	name: string,
	logger: Logger,
): Promise<void> {
	const path = join(directory, name);
	const { end, size, isDamaged } = index.segment(name);
	index.segments.delete(name);
	// The own segment is not read, so nothing is known to be wrong with it.
	if (isDamaged || size > end) {
		await rename(path, `${path}.damaged`);
		logger.warn("storage-damaged", { name });
	} else {
		await unlink(path);
	}
}

async function drafts(directory: string): Promise<readonly string[]> {
	const names = await readdir(directory);
	return names.filter((name) => name.endsWith(SUFFIX + DRAFT) && !isAlive(name));
}
