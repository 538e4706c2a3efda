/*
 * Records in a file, one after the other:
 *
 *   FF 68 66 01 · length · CRC-32 · text (JSON, UTF-8)
 *
 * FF occurs in no UTF-8 text, so after damage the next record is found by its mark, and no text can
 * pass for a record. What a crash tore, or a disk spoilt, costs the records that it hit and no other.
 */

/** Of one key: its value as JSON, or null where it was deleted. The higher `seq` is the later word. */
export interface LogRecord {
	readonly seq: number;
	readonly key: string;
	readonly json: string | null;
}

export interface ReadRecords {
	readonly records: readonly LogRecord[];
	/** The end of the last whole record: what follows may still be on its way. */
	readonly end: number;
	/** Something before that end is no record. */
	readonly isDamaged: boolean;
}

const MARK = Buffer.from([0xff, 0x68, 0x66, 0x01]);
const HEAD = 12;

export function encodeRecord({ seq, key, json }: LogRecord): Buffer {
	const value = json === null ? "" : `,${json}`;
	const body = Buffer.from(`[${seq},${JSON.stringify(key)}${value}]`);
	const record = Buffer.allocUnsafe(HEAD + body.length);
	MARK.copy(record);
	record.writeUInt32LE(body.length, 4);
	record.writeUInt32LE(checksum(body), 8);
	body.copy(record, HEAD);
	return record;
}

export function readRecords(bytes: Buffer): ReadRecords {
	const records: LogRecord[] = [];
	let end = 0;
	let isDamaged = false;
	for (let at = 0; at >= 0 && at < bytes.length; ) {
		const size = sizeAt(bytes, at);
		const record = size === 0 ? undefined : decode(bytes.subarray(at + HEAD, at + size));
		if (record === undefined) {
			at = bytes.indexOf(MARK, at + 1);
			continue;
		}
		isDamaged ||= at > end;
		records.push(record);
		at += size;
		end = at;
	}
	return { records, end, isDamaged };
}

/** How many bytes the record here has; 0: there is no whole one. */
function sizeAt(bytes: Buffer, at: number): number {
	if (at + HEAD > bytes.length || bytes.compare(MARK, 0, 4, at, at + 4) !== 0) return 0;
	const end = at + HEAD + bytes.readUInt32LE(at + 4);
	if (end > bytes.length) return 0;
	const isWhole = checksum(bytes.subarray(at + HEAD, end)) === bytes.readUInt32LE(at + 8);
	return isWhole ? end - at : 0;
}

/** A checksum of 32 bits is right by chance once in four billion: the text is looked at all the same. */
function decode(body: Buffer): LogRecord | undefined {
	try {
		const [seq, key, ...value] = JSON.parse(body.toString()) as readonly unknown[];
		if (!Number.isSafeInteger(seq) || typeof key !== "string") return undefined;
		const json = value.length > 0 ? JSON.stringify(value[0]) : null;
		return { seq: seq as number, key, json };
	} catch {
		return undefined;
	}
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
	let sum = n;
	for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
	return sum;
});

/** CRC-32, begun with the length, which it thereby covers. zlib has one only from Node 20.15 on. */
function checksum(bytes: Buffer): number {
	let sum = ~bytes.length;
	for (let at = 0; at < bytes.length; at++)
		sum = (sum >>> 8) ^ (TABLE[(sum ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
	return ~sum >>> 0;
}
