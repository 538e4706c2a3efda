/* The DNS server of the playground on real sockets, and askers that speak to it byte by byte. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { seededRandom } from "holdfast/testing";
import { onTestFinished } from "vitest";
import {
	type DnsServer,
	type DnsServerOptions,
	startDnsServer,
} from "../../../playground/edge/dns/server.js";
import { writeQuery } from "../../../playground/edge/dns/wire.js";
import { EDGE } from "../dns/asking.js";

export const PRIMARY = "wss-primary.edge.test";
export const BACKUP = "wss-backup.edge.test";

/** Stops with its test. */
export async function dnsServer(options: Partial<DnsServerOptions> = {}): Promise<DnsServer> {
	const zones = [EDGE.parent, ...EDGE.chains];
	const server = await startDnsServer({ zones, random: seededRandom(1), ...options });
	onTestFinished(() => server.stop());
	return server;
}

export const question = (name: string, type = "A"): Buffer =>
	Buffer.from(writeQuery(name, type, null));

/** As it goes over TCP: after its length. */
export function framed(message: Uint8Array): Buffer {
	const length = Buffer.alloc(2);
	length.writeUInt16BE(message.length);
	return Buffer.concat([length, message]);
}

/** Sends all, in order, and resolves with as many answers as are asked for, in the order in which they come. */
export async function askUdp(
	{ port, address }: DnsServer,
	messages: readonly Uint8Array[],
	answers = messages.length,
): Promise<readonly Buffer[]> {
	const socket = createSocket("udp4");
	try {
		const heard: Buffer[] = [];
		const all = new Promise<void>((resolve) => {
			socket.on("message", (message) => {
				heard.push(message);
				if (heard.length === answers) resolve();
			});
		});
		for (const message of messages) socket.send(message, port, address);
		await all;
		return heard;
	} finally {
		socket.close();
	}
}

export interface Talk {
	readonly socket: Socket;
	/** Whole answers, so far. */
	readonly answers: () => readonly Buffer[];
	/** Resolves when the server has ended it. */
	readonly closed: Promise<unknown>;
}

export async function talk({ port, address }: DnsServer): Promise<Talk> {
	const socket = connect({ port, host: address, allowHalfOpen: true });
	onTestFinished(() => void socket.destroy());
	let heard = Buffer.alloc(0);
	socket.on("data", (chunk: Buffer) => {
		heard = Buffer.concat([heard, chunk]);
	});
	socket.on("error", () => undefined);
	const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
	socket.on("end", () => socket.end());
	await once(socket, "connect");
	const answers = (): readonly Buffer[] => {
		const whole: Buffer[] = [];
		for (let at = 0; at + 2 <= heard.length; ) {
			const end = at + 2 + heard.readUInt16BE(at);
			if (end > heard.length) break;
			whole.push(heard.subarray(at + 2, end));
			at = end;
		}
		return whole;
	};
	return { socket, answers, closed };
}

export const rcodeOf = (message: Uint8Array | undefined): number => (message?.[3] ?? 255) & 15;
export const isTruncated = (message: Uint8Array | undefined): boolean =>
	((message?.[2] ?? 0) & 2) !== 0;
export const answersIn = (message: Uint8Array | undefined): number =>
	((message?.[6] ?? 0) << 8) | (message?.[7] ?? 0);
