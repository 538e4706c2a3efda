/* E4: the wire, by bytes that are written out here, and by what other people's software sends. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bare, type Query, type Reply } from "../../../playground/edge/dns/decide/message.js";
import {
	addressBytes,
	readQuery,
	TCP_BYTES,
	udpLimit,
	writeQuery,
	writeReply,
} from "../../../playground/edge/dns/wire.js";

const hex = (text: string): Uint8Array =>
	Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** "wSs.edge.test" A IN */
const NAME = "03 775373 04 65646765 04 74657374 00";
const QUESTION = `${NAME} 0001 0001`;
/** One question, recursion desired. */
const HEADER = "abcd 0100 0001 0000 0000 0000";
const WITH_OPT = "abcd 0100 0001 0000 0000 0001";

const query = (text: string): Query => {
	const read = readQuery(hex(text));
	if (read.is !== "query") throw new Error(`no query, but ${read.is}`);
	return read.query;
};

describe("A question", () => {
	it("is read, in its spelling", () => {
		expect(query(`${HEADER} ${QUESTION}`)).toEqual({
			id: 0xabcd,
			name: "wSs.edge.test",
			type: "A",
			class: "IN",
			isRecursionDesired: true,
			edns: null,
		});
	});

	it("may have EDNS: its size, its version, DO, and a client subnet", () => {
		const opt = "00 0029 1000 00 01 8000 000b 0008 0007 0001 1800 7f0001";
		expect(query(`${WITH_OPT} ${QUESTION} ${opt}`).edns).toEqual({
			udpSize: 4_096,
			version: 1,
			isDnssecOk: true,
			subnets: [hex("0001 1800 7f0001")],
		});
	});

	it("of a type and class that nobody knows is one", () => {
		expect(query(`${HEADER} ${NAME} 0041 0003`)).toMatchObject({ type: "UNKNOWN_65", class: "CH" });
	});

	it("may have other options, dig's cookie for one", () => {
		const opt = "00 0029 04d0 00 00 0000 000c 000a 0008 0102030405060708";
		expect(query(`${WITH_OPT} ${QUESTION} ${opt}`).edns?.subnets).toEqual([]);
	});

	it.each([
		["nothing", ""],
		["half a header", "abcd 0100 0001"],
		["a response: two servers would never stop", `abcd 8100 0001 0000 0000 0000 ${QUESTION}`],
	])("that is %s gets no answer", (_, text) => {
		expect(readQuery(hex(text))).toEqual({ is: "silence" });
	});

	it.each([
		["no question", "abcd 0100 0000 0000 0000 0000"],
		["two questions", `abcd 0100 0002 0000 0000 0000 ${QUESTION} ${QUESTION}`],
		["answers in it", `abcd 0100 0001 0001 0000 0000 ${QUESTION}`],
		["65,535 records that are not there", `abcd 0100 0001 0000 0000 ffff ${QUESTION}`],
		["a name that ends too soon", "abcd 0100 0001 0000 0000 0000 03 7773"],
		["no type", `abcd 0100 0001 0000 0000 0000 ${NAME}`],
		["a label of 64", `${HEADER} 40 ${"61".repeat(64)} 00 0001 0001`],
		["a name of 300", `${HEADER} ${`3f${"61".repeat(63)}`.repeat(5)} 00 0001 0001`],
		["a name that points at itself", `${HEADER} c00c 0001 0001`],
		["a name that points ahead", `${HEADER} c0ff 0001 0001`],
		["a dot within a label", `${HEADER} 03 612e62 00 0001 0001`],
		["a label that is no UTF-8", `${HEADER} 02 ffff 00 0001 0001`],
		["an OPT that is missing", `${WITH_OPT} ${QUESTION}`],
		["an OPT of another name", `${WITH_OPT} ${QUESTION} 01 61 00 0029 1000 00 00 0000 0000`],
		[
			"two OPTs",
			`abcd 0100 0001 0000 0000 0002 ${QUESTION} 00 0029 1000 00 00 0000 0000 00 0029 1000 00 00 0000 0000`,
		],
		[
			"an option longer than its message",
			`${WITH_OPT} ${QUESTION} 00 0029 1000 00 00 0000 000b 0008 00ff 0001 1800 7f0001`,
		],
		[
			"an option longer than its record",
			`${WITH_OPT} ${QUESTION} 00 0029 1000 00 00 0000 0006 0008 0007 0001 1800 7f0001`,
		],
	])("with %s is malformed: a header comes back, and no more", (_, text) => {
		const read = readQuery(hex(text));
		expect(read.is).toBe("failure");
		expect(toHex((read as { reply: Uint8Array }).reply)).toBe("abcd81010000000000000000");
	});

	it.each([
		["IQUERY", "0900", "8904"],
		["STATUS", "1000", "9004"],
		["NOTIFY", "2000", "a004"],
		["UPDATE", "2800", "a804"],
	])("of another operation, %s, is not implemented here", (_, flags, answered) => {
		const read = readQuery(hex(`abcd ${flags} 0001 0000 0000 0000 ${QUESTION}`));
		expect(toHex((read as { reply: Uint8Array }).reply)).toBe(`abcd${answered}0000000000000000`);
	});

	it("never makes the reader throw, whatever its bytes are: 20,000 inputs", () => {
		const good = hex(
			`${WITH_OPT} ${QUESTION} 00 0029 1000 00 00 0000 000b 0008 0007 0001 1800 7f0001`,
		);
		const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 });
		const mutant = fc.tuple(changes, fc.nat(good.length)).map(([edits, length]) => {
			const bytes = Uint8Array.from(good);
			for (const [at, value] of edits) bytes[at] = value;
			return bytes.subarray(0, length);
		});
		const bytes = fc.oneof(mutant, fc.uint8Array({ maxLength: 200 }));
		const seen = new Set<string>();
		fc.assert(
			fc.property(bytes, (message) => {
				const read = readQuery(message);
				seen.add(read.is);
				if (read.is === "query") writeReply(read.query, bare("NOERROR"), TCP_BYTES);
			}),
			{ numRuns: 20_000, seed: 11 },
		);
		expect([...seen].sort()).toEqual(["failure", "query", "silence"]);
	});

	it("of our own, for the JSON form, is one that we read", () => {
		const read = readQuery(writeQuery("edge.test", "AAAA", hex("0001 1800 7f0001")));
		expect(read).toMatchObject({
			query: { name: "edge.test", type: "AAAA", edns: { subnets: [hex("0001 1800 7f0001")] } },
		});
	});
});

const addresses = (count: number): Reply => ({
	...bare("NOERROR"),
	isAuthoritative: true,
	answers: Array.from({ length: count }, (_, index) => ({
		name: "wSs.edge.test",
		type: "A" as const,
		ttl: 258,
		data: `127.0.10.${index + 1}`,
	})),
});

describe("An answer", () => {
	it("is written byte for byte, the question in its spelling", () => {
		const bytes = writeReply(query(`${HEADER} ${QUESTION}`), addresses(1), TCP_BYTES);
		const expected = `abcd 8500 0001 0001 0000 0000 ${QUESTION} ${NAME} 0001 0001 00000102 0004 7f000a01`;
		expect(toHex(bytes)).toBe(toHex(hex(expected)));
	});

	it("has EDNS for who sent it: our size, DO as it came, the subnet with its scope", () => {
		const asked = query(`${WITH_OPT} ${QUESTION} 00 0029 1000 00 00 8000 0000`);
		const bytes = writeReply(asked, { ...bare("NOERROR"), subnet: hex("0001 1818 7f0001") }, 512);
		const opt = "00 0029 04d0 00 00 8000 000b 0008 0007 0001 1818 7f0001";
		expect(toHex(bytes)).toBe(toHex(hex(`abcd 8100 0001 0000 0000 0001 ${QUESTION} ${opt}`)));
	});

	it("has the upper bits of BADVERS in EDNS", () => {
		const asked = query(`${WITH_OPT} ${QUESTION} 00 0029 1000 00 01 0000 0000`);
		const opt = "00 0029 04d0 01 00 0000 0000";
		const bytes = writeReply(asked, bare("BADVERS"), 512);
		expect(toHex(bytes)).toBe(toHex(hex(`abcd 8100 0001 0000 0000 0001 ${QUESTION} ${opt}`)));
	});

	it("that does not fit is left out as a whole, with TC", () => {
		const asked = query(`${HEADER} ${QUESTION}`);
		const fitting = writeReply(asked, addresses(15), 512);
		expect([fitting.length <= 512, fitting[2]]).toEqual([true, 0x85]);
		const bytes = writeReply(asked, addresses(17), 512);
		expect(toHex(bytes)).toBe(toHex(hex(`abcd 8700 0001 0000 0000 0000 ${QUESTION}`)));
		expect(writeReply(asked, addresses(17), TCP_BYTES)[7]).toBe(17);
	});

	it.each([
		["none", null, 512],
		["0", 0, 512],
		["700", 700, 700],
		["65,535", 65_535, 1_232],
	])("over UDP to an asker that takes %s has at most its bytes, and 1,232", (_, udpSize, limit) => {
		const edns = udpSize === null ? null : { udpSize, version: 0, isDnssecOk: false, subnets: [] };
		expect(udpLimit({ ...query(`${HEADER} ${QUESTION}`), edns })).toBe(limit);
	});
});

describe("The bytes of an address", () => {
	it.each([
		["127.0.10.1", "7f000a01"],
		["::", "00".repeat(16)],
		["2001:db8::1", `20010db8${"00".repeat(11)}01`],
		["::ffff:192.0.2.1", `${"00".repeat(10)}ffffc0000201`],
		["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
	])("%s", (address, expected) => {
		expect(toHex(addressBytes(address))).toBe(expected);
	});
});
