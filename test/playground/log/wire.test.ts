/* How a log is spoken to over a stream: whole messages, however its bytes come. */
import { Duplex, PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { listen, say } from "../../../playground/edge/log/wire.js";

const MESSAGES = [{ n: 1 }, { n: 2, text: "ä".repeat(300) }, {}, { n: 4 }];

/** What was written to it, write by write. */
function recorder() {
	const writes: Buffer[] = [];
	const stream = new Duplex({
		read: () => undefined,
		write: (chunk: Buffer, _encoding, done) => {
			writes.push(chunk);
			done();
		},
		writev: (chunks, done) => {
			writes.push(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)));
			done();
		},
	});
	return { stream, writes };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function said(messages: readonly unknown[]): Promise<Buffer> {
	const { stream, writes } = recorder();
	for (const message of messages) say(stream, message);
	await turn();
	return Buffer.concat(writes);
}

describe("the wire to the log", () => {
	it.each([1, 3, 64, 100_000])("hears each message once, in pieces of %i bytes", async (size) => {
		const bytes = await said(MESSAGES);
		const stream = new PassThrough();
		const heard: unknown[] = [];
		listen(stream, (message) => heard.push(message));
		for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
		await turn();
		expect(heard).toEqual(MESSAGES);
	});

	it("writes once for all that is said in a turn, and again for the next", async () => {
		const { stream, writes } = recorder();
		for (const message of MESSAGES) say(stream, message);
		expect(writes).toHaveLength(0);
		await turn();
		expect(writes).toHaveLength(1);
		say(stream, { n: 5 });
		await turn();
		expect(writes).toHaveLength(2);
	});

	it("hears nothing behind what none of ours would say, and ends the stream", async () => {
		const good = await said([{ n: 1 }]);
		const bad = Buffer.from([0, 0, 0, 2, 0x6e, 0x6f]);
		const stream = new PassThrough();
		const heard: unknown[] = [];
		listen(stream, (message) => heard.push(message));
		stream.write(Buffer.concat([good, bad, good]));
		await turn();
		expect(heard).toEqual([{ n: 1 }]);
		expect(stream.destroyed).toBe(true);
	});

	it("ends a stream whose next message would be larger than any", async () => {
		const stream = new PassThrough();
		listen(stream, () => undefined);
		stream.write(Buffer.from([0xff, 0, 0, 0]));
		await turn();
		expect(stream.destroyed).toBe(true);
	});
});
