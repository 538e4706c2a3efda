/*
 * DNS over TCP (RFC 1035, section 4.2.2; RFC 7766): each message after its length, any number of them on
 * a connection, answered in order unless the server is late on purpose. Bounded: a question's size, what
 * waits to be read by the asker, the time without a whole question, the connections.
 */
import type { Socket } from "node:net";
import { TcpPort } from "../tcp/port.js";
import type { Answering } from "./answering.js";

export interface TcpLimits {
	/** Connections at a time. */
	readonly maxConnections: number;
	/** A connection without a whole question for as long is closed. */
	readonly idleMs: number;
	/** Of a question. */
	readonly maxQueryBytes: number;
}

export const TCP_DEFAULTS: TcpLimits = {
	maxConnections: 100,
	idleMs: 10_000,
	maxQueryBytes: 4_096,
};

const LENGTH_BYTES = 2;
/** Answers that nobody reads. */
const MOST_UNREAD_BYTES = 262_144;

export function tcpPort(answering: Answering, host: string, limits: TcpLimits): TcpPort {
	const { maxConnections } = limits;
	const accept = (socket: Socket): void => converse(socket, answering, limits);
	return new TcpPort({ host, maxConnections, accept });
}

function converse(
	socket: Socket,
	answering: Answering,
	{ idleMs, maxQueryBytes }: TcpLimits,
): void {
	const source = socket.remoteAddress ?? "";
	let unread: Buffer = Buffer.alloc(0);
	let owed = 0;
	let isEnded = false;
	const idle = setTimeout(() => socket.destroy(), idleMs);
	socket.on("close", () => clearTimeout(idle));
	socket.on("end", () => {
		isEnded = true;
		if (owed === 0) socket.end();
	});
	const send = (answer: Uint8Array): void => {
		owed--;
		if (!socket.writable) return;
		if (socket.writableLength > MOST_UNREAD_BYTES) return void socket.destroy();
		const length = Buffer.alloc(LENGTH_BYTES);
		length.writeUInt16BE(answer.length);
		socket.write(Buffer.concat([length, answer]));
		if (isEnded && owed === 0) socket.end();
	};
	socket.on("data", (chunk: Buffer) => {
		unread = Buffer.concat([unread, chunk]);
		while (unread.length >= LENGTH_BYTES) {
			const length = unread.readUInt16BE();
			if (length === 0 || length > maxQueryBytes) return void socket.destroy();
			if (unread.length < LENGTH_BYTES + length) return;
			const message = unread.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
			unread = unread.subarray(LENGTH_BYTES + length);
			idle.refresh();
			owed++;
			answering.answer(message, source, "tcp", send);
		}
	});
}
