import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type LogRecord, readRecords } from "./file-log.js";
import { SUFFIX } from "./file-segment.js";

/** What is known of one file of records. */
export interface Segment {
	/** The end of its last whole record. */
	end: number;
	size: number;
	isDamaged: boolean;
	/** Every key that it says something of, the latest word or not. */
	readonly keys: Set<string>;
}

export interface IndexedRecord extends LogRecord {
	readonly segment: string;
}

/** The union of all files of records of a directory: of one key, the record of the highest number. */
export class FileIndex {
	readonly records = new Map<string, IndexedRecord>();
	readonly segments = new Map<string, Segment>();
	/** The highest number seen. */
	seq = 0;
	readonly #directory: string;

	constructor(directory: string) {
		this.#directory = directory;
	}

	/** Reads what has been written since, by anybody but the owner of `own`. */
	async refresh(own: string | undefined): Promise<void> {
		let isComplete = false;
		while (!isComplete) {
			const names = (await readdir(this.#directory)).filter((name) => name.endsWith(SUFFIX));
			for (const name of this.segments.keys())
				if (!names.includes(name)) this.segments.delete(name);
			isComplete = true;
			for (const name of names) {
				// One that has vanished was merged into another, which may be newer than our list.
				if (name !== own && !(await this.#readOn(name))) isComplete = false;
			}
		}
		// What another has deleted and forgotten while we did not look is in no file any more.
		for (const [key, { segment }] of this.records)
			if (!this.segments.has(segment)) this.records.delete(key);
	}

	/** Notes a record that stands in a segment. */
	apply(segment: string, record: LogRecord): void {
		this.segment(segment).keys.add(record.key);
		this.seq = Math.max(this.seq, record.seq);
		const known = this.records.get(record.key);
		// The same number is the same record, in a segment that it was merged into.
		if (known === undefined || record.seq >= known.seq)
			this.records.set(record.key, { ...record, segment });
	}

	segment(name: string): Segment {
		let segment = this.segments.get(name);
		if (segment === undefined) {
			segment = { end: 0, size: 0, isDamaged: false, keys: new Set() };
			this.segments.set(name, segment);
		}
		return segment;
	}

	async #readOn(name: string): Promise<boolean> {
		const segment = this.segment(name);
		const bytes = await readFrom(join(this.#directory, name), segment.end);
		if (bytes === undefined) return false;
		const { records, end, isDamaged } = readRecords(bytes);
		segment.size = segment.end + bytes.length;
		segment.end += end;
		segment.isDamaged ||= isDamaged;
		for (const record of records) this.apply(name, record);
		return true;
	}
}

/** What a file holds from there on; undefined: it is gone. */
async function readFrom(path: string, start: number): Promise<Buffer | undefined> {
	try {
		const file = await open(path, "r");
		try {
			const { size } = await file.stat();
			const bytes = Buffer.alloc(Math.max(0, size - start));
			const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
			return bytes.subarray(0, bytesRead);
		} finally {
			await file.close();
		}
	} catch (reason) {
		if ((reason as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw reason;
	}
}
