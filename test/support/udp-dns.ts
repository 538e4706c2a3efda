/* A name server on loopback UDP, as small as a test needs it: each question is answered by a function. */
import { createSocket, type Socket } from "node:dgram";
import { decode, encode, type Packet } from "@dnsquery/dns-packet";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";

export interface Asked {
	readonly name: string;
	readonly type: string;
}

/** Bytes go out as they are; a list goes out one after the other; null: no answer. */
export type Reply = Partial<Packet> | Uint8Array | readonly (Partial<Packet> | Uint8Array)[] | null;

export interface UdpDns extends AsyncDisposable {
	/** For `nodeResolver({ servers })`. */
	readonly server: string;
	readonly asked: Asked[];
	reply: (asked: Asked, query: Packet) => Reply | Promise<Reply>;
}

export const NXDOMAIN = 3;
export const SERVFAIL = 2;

/** Addresses of one family, where the question is for that. */
export function records(
	{ name, type }: Asked,
	addresses: readonly string[],
	ttl: number,
): Partial<Packet> {
	const fit = addresses.filter((address) => address.includes(":") === (type === "AAAA"));
	const answers = fit.map((data) => ({ name, type, class: "IN", ttl, data }));
	return { answers } as unknown as Partial<Packet>;
}

/** An answer to a query, as bytes: with its id and its question, unless the reply has others. */
export function answerTo(query: Packet, reply: Partial<Packet>): Uint8Array {
	const { id = 0, questions = [] } = query;
	return encode({ type: "response", id, questions, ...reply } as Packet);
}

export async function udpDns(reply: UdpDns["reply"]): Promise<UdpDns> {
	const socket: Socket = createSocket("udp4");
	const dns: UdpDns = {
		get server() {
			return `127.0.0.1:${socket.address().port}`;
		},
		asked: [],
		reply,
		[ASYNC_DISPOSE]: () => new Promise((resolve) => socket.close(() => resolve())),
	};
	let isOver = false;
	socket.on("close", () => {
		isOver = true;
	});
	socket.on("message", async (bytes, from) => {
		const query = decode(bytes);
		const [question] = query.questions ?? [];
		const asked = { name: question?.name ?? "", type: String(question?.type) };
		dns.asked.push(asked);
		const given = await dns.reply(asked, query);
		if (given === null) return;
		for (const each of Array.isArray(given) ? given : [given]) {
			if (isOver) return;
			socket.send(
				each instanceof Uint8Array ? each : answerTo(query, each),
				from.port,
				from.address,
			);
		}
	});
	await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
	return dns;
}
