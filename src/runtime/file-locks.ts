/*
 *   none or free or dead ──link <name>.<n+1>──▶ held ──dispose: emptied──▶ free
 *                                                │
 *                                                ╰──its process ends──▶ dead
 *
 * A lock is the file of the highest number, and its text is the holder. That file is never deleted,
 * only outdone by the next number, which one process alone can create: with a single file that is
 * deleted and made anew, a slow process deletes what it takes for a dead holder's and is another's.
 */
import {
	existsSync,
	linkSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	truncateSync,
	unlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { disposable } from "../reactive/disposable.js";
import { isAlive, thisOwner } from "./file-owner.js";
import type { Locks } from "./runtime.js";

/** How long a lock may have been free before a waiter sees it. */
const POLL_MS = 250;

let drafts = 0;

/**
 * Locks among the processes of one machine, as files of a directory, which is created if need be. The
 * lock of a process that was killed is free at once; of a stopped one it is held. Not for directories
 * that machines or containers share: each takes the other's processes for dead.
 */
export function fileLocks(directory: string): Locks {
	const tryAcquire = async (name: string): Promise<Disposable | null> => {
		mkdirSync(directory, { recursive: true });
		return take(directory, `${encodeURIComponent(name)}.lock`);
	};
	return {
		tryAcquire,
		async acquire(name, signal) {
			for (;;) {
				signal.throwIfAborted();
				const lock = await tryAcquire(name);
				if (lock !== null) return lock;
				await pause(signal);
			}
		},
	};
}

function take(directory: string, name: string): Disposable | null {
	const last = Math.max(0, ...numbers(directory, name));
	if (last > 0 && isHeld(join(directory, `${name}.${last}`))) return null;
	const path = join(directory, `${name}.${last + 1}`);
	if (!create(directory, path)) return null;
	// Ours may be an old number, of a lock that has moved on and been tidied meanwhile.
	const all = numbers(directory, name);
	if (Math.max(...all) > last + 1) {
		remove(path);
		return null;
	}
	for (const old of all) if (old <= last) remove(join(directory, `${name}.${old}`));
	let isOurs = true;
	return disposable(() => {
		// Later the number may be another's, who has begun anew in an emptied directory.
		if (isOurs && existsSync(path)) truncateSync(path, 0);
		isOurs = false;
	});
}

function numbers(directory: string, name: string): readonly number[] {
	return readdirSync(directory)
		.filter((file) => file.startsWith(`${name}.`))
		.map((file) => Number(file.slice(name.length + 1)))
		.filter((number) => Number.isSafeInteger(number));
}

function isHeld(path: string): boolean {
	try {
		return isAlive(readFileSync(path, "latin1"));
	} catch {
		// Outdone and tidied since: a holder there is.
		return true;
	}
}

/** Complete from its first moment on, and ours alone: a link fails where there is one. */
function create(directory: string, path: string): boolean {
	const draft = join(directory, `.${thisOwner()}-${drafts++}.draft`);
	writeFileSync(draft, thisOwner());
	try {
		linkSync(draft, path);
		return true;
	} catch (reason) {
		if ((reason as NodeJS.ErrnoException).code === "EEXIST") return false;
		throw reason;
	} finally {
		unlinkSync(draft);
	}
}

function remove(path: string): void {
	try {
		unlinkSync(path);
	} catch {
		// Another has tidied it.
	}
}

/** Waits for a poll, or for the signal. */
function pause(signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const wake = (): void => {
			clearTimeout(timer);
			signal.removeEventListener("abort", wake);
			resolve();
		};
		const timer = setTimeout(wake, POLL_MS);
		signal.addEventListener("abort", wake);
	});
}
