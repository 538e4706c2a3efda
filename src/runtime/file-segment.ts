import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { NOBODY, thisOwner } from "./file-owner.js";

export const SUFFIX = ".records";
export const DRAFT = ".draft";
const MODE = 0o600;

/** A file of records that this process appends to, and nobody else. */
export class OwnSegment {
	readonly name: string;
	readonly #directory: string;
	readonly #file: FileHandle;
	#end = 0;

	private constructor(directory: string, name: string, file: FileHandle) {
		this.#directory = directory;
		this.name = name;
		this.#file = file;
	}

	/** A new one, complete from its first moment on with what it begins with. */
	static async create(directory: string, start: Buffer): Promise<OwnSegment> {
		const name = `${thisOwner()}-${word()}${SUFFIX}`;
		const draft = join(directory, name + DRAFT);
		const file = await open(draft, "wx", MODE);
		const segment = new OwnSegment(directory, name, file);
		try {
			await segment.append(start);
			await rename(draft, join(directory, name));
			await syncDirectory(directory);
			return segment;
		} catch (reason) {
			await file.close();
			await unlink(draft).catch(() => undefined);
			throw reason;
		}
	}

	get size(): number {
		return this.#end;
	}

	/** Resolves when the bytes are on the disk. Rejects with none of them there, as far as that is in our power. */
	async append(bytes: Buffer): Promise<void> {
		try {
			let written = 0;
			while (written < bytes.length) {
				const rest = bytes.length - written;
				written += (await this.#file.write(bytes, written, rest, this.#end + written)).bytesWritten;
			}
			await this.#file.datasync();
			this.#end += bytes.length;
		} catch (reason) {
			await this.#file.truncate(this.#end).catch(() => {});
			throw reason;
		}
	}

	/** Appends no more. Whoever looks next may merge it into a segment of its own. */
	async putDown(): Promise<void> {
		await this.close();
		const name = `${NOBODY}-${word()}${SUFFIX}`;
		await rename(join(this.#directory, this.name), join(this.#directory, name));
	}

	close(): Promise<void> {
		return this.#file.close();
	}
}

/** Without it a new name may not outlast a loss of power. Windows keeps names by itself, and refuses. */
export async function syncDirectory(directory: string): Promise<void> {
	if (process.platform === "win32") return;
	const handle = await open(directory, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

function word(): string {
	return Math.random().toString(36).slice(2, 12);
}
