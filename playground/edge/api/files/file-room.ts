/*
 * Where files lie: `uploads` while they come in, by tus; `files` when they are whole and checked. A file
 * appears there in one step, after what is said of it: Supra never sees half of one.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

export interface FileFacts {
	readonly name: string;
	readonly type: string;
}

/** What tus-node-server gives as an id. */
const ID = /^[0-9a-f]{32}$/;
const MAX_NAME_LENGTH = 255;
const MAX_TYPE_LENGTH = 127;

export class FileRoom {
	readonly uploads: string;
	readonly files: string;
	readonly #root: string;

	constructor(root: string) {
		this.#root = root;
		this.uploads = join(root, "uploads");
		this.files = join(root, "files");
	}

	async open(): Promise<void> {
		for (const folder of [this.uploads, this.files]) await mkdir(folder, { recursive: true });
	}

	/** With all that is in it. */
	async remove(): Promise<void> {
		await rm(this.#root, { recursive: true, force: true });
	}

	/** In hex. */
	async digest(id: string): Promise<string> {
		const hash = createHash("sha256");
		await pipeline(createReadStream(join(this.uploads, id)), hash);
		return hash.digest("hex");
	}

	/** May be repeated. The upload stays: who lost our answer asks for it once more. */
	async publish(id: string, facts: FileFacts): Promise<void> {
		const path = join(this.files, id);
		await writeFile(`${path}.json.new`, JSON.stringify(facts));
		await rename(`${path}.json.new`, `${path}.json`);
		await link(join(this.uploads, id), path).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== "EEXIST") throw error;
		});
	}

	/** Null: there is no such file. */
	async find(id: string): Promise<(FileFacts & { readonly bytes: number }) | null> {
		if (!isFileId(id)) return null;
		const path = join(this.files, id);
		// What is said of it comes before it.
		const file = await stat(path).catch(() => null);
		if (file === null) return null;
		const facts = JSON.parse(await readFile(`${path}.json`, "utf8")) as FileFacts;
		return { ...facts, bytes: file.size };
	}
}

export const isFileId = (id: string): boolean => ID.test(id);

/** Of an upload's metadata: whatever is too long or strange counts as not said. */
export function factsOf(metadata: Readonly<Record<string, string | null>> = {}): FileFacts {
	const { filename, filetype } = metadata;
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	const name = (filename ?? "").replace(/[\u0000-\u001f\u007f/\\]/g, "_");
	const isType = /^[\w.+-]+\/[\w.+-]+$/.test(filetype ?? "");
	return {
		name: name === "" || name.length > MAX_NAME_LENGTH ? "file" : name,
		type: isType && (filetype ?? "").length <= MAX_TYPE_LENGTH ? String(filetype) : OCTETS,
	};
}

export const OCTETS = "application/octet-stream";
