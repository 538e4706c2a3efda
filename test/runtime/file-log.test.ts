import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRecord, type LogRecord, readRecords } from "../../src/runtime/file-log.js";

const SOME: readonly LogRecord[] = [
	{ seq: 1, key: "a", json: '{"n":1}' },
	{ seq: 2, key: "__proto__", json: '"ü€𝄞\\u0000"' },
	{ seq: 3, key: "a", json: null },
	{ seq: 4, key: "", json: "null" },
];
const PARTS = SOME.map(encodeRecord);
const LOG = Buffer.concat(PARTS);
/** Where each record begins. */
const STARTS = PARTS.map((_, n) => Buffer.concat(PARTS.slice(0, n)).length);
const offsets = [...LOG.keys()];

/** The record that the byte belongs to. */
const recordAt = (offset: number): number => STARTS.findLastIndex((start) => start <= offset);
const without = (index: number): LogRecord[] => SOME.filter((_, n) => n !== index);

describe("a log of records", () => {
	it("gives back what was written, in order", () => {
		const read = readRecords(LOG);
		expect(read).toEqual({ records: SOME, end: LOG.length, isDamaged: false });
		expect(readRecords(Buffer.alloc(0))).toEqual({ records: [], end: 0, isDamaged: false });
	});

	it("torn at any byte gives every record that was whole", () => {
		for (const offset of offsets) {
			const whole = recordAt(offset);
			expect(readRecords(LOG.subarray(0, offset))).toEqual({
				records: SOME.slice(0, whole),
				end: STARTS[whole],
				isDamaged: false,
			});
		}
	});

	it("spoilt in any one bit gives every record but that one", () => {
		for (const offset of offsets) {
			for (let bit = 0; bit < 8; bit++) {
				const spoilt = Buffer.from(LOG);
				spoilt[offset] = (spoilt[offset] ?? 0) ^ (1 << bit);
				const lost = recordAt(offset);
				const { records, isDamaged } = readRecords(spoilt);
				expect(records).toEqual(without(lost));
				expect(isDamaged).toBe(lost < SOME.length - 1);
			}
		}
	});

	it.each([
		["zeros, as a file system leaves them after a loss of power", Buffer.alloc(500)],
		["text", Buffer.from("just a note\n".repeat(20))],
		["marks", Buffer.from("ff686601".repeat(20), "hex")],
		["a length beyond all sense", Buffer.from("ff686601ffffffff00000000", "hex")],
		["a record that claims to be empty", Buffer.from("ff6866010000000000000000", "hex")],
	])("takes %s for no record, before, between and after records", (_what, junk) => {
		expect(readRecords(junk)).toMatchObject({ records: [], end: 0 });
		const [first, ...rest] = PARTS as [Buffer, ...Buffer[]];
		const read = readRecords(Buffer.concat([junk, first, junk, ...rest, junk]));
		expect(read.records).toEqual(SOME);
		expect(read.isDamaged).toBe(true);
	});

	it("takes no text that an application stores for a record", () => {
		const forged = encodeRecord({ seq: 9, key: "forged", json: "1" }).toString("latin1");
		const record = encodeRecord({ seq: 1, key: "a", json: JSON.stringify(forged) });
		for (let cut = 1; cut < record.length; cut++)
			expect(readRecords(record.subarray(cut)).records).toEqual([]);
	});

	it("refuses what has a right checksum and makes no sense", () => {
		for (const body of ["", "{}", '["1","a",2]', '[1.5,"a"]', "[1]", "nonsense"]) {
			const valid = encodeRecord({ seq: 1, key: "", json: null });
			// The encoder's own checksum over a body of the test's.
			const forged = encodeRecord({ seq: body as unknown as number, key: "", json: null });
			expect(readRecords(Buffer.concat([forged, valid])).records).toHaveLength(1);
		}
	});

	it("survives any bytes", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(3), (junk, place) => {
				const parts = [...PARTS.slice(0, place), Buffer.from(junk), ...PARTS.slice(place)];
				const { records } = readRecords(Buffer.concat(parts));
				for (const record of SOME) expect(records).toContainEqual(record);
			}),
			{ seed: 7, numRuns: 500 },
		);
	});
});
