/* One name on a name server of our own, on loopback UDP: its address can be changed while it runs. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { decode, encode, type Packet } from "@dnsquery/dns-packet";

export interface Zone extends AsyncDisposable {
	/** For `nodeResolver({ servers })`. */
	readonly server: string;
	/** Where the name leads from now on. */
	address: string;
	/** Questions for the address so far. */
	readonly questions: number;
}

export async function serveZone(first: string, ttlSeconds: number): Promise<Zone> {
	const socket = createSocket("udp4");
	let questions = 0;
	socket.on("message", (bytes, { port, address: from }) => {
		const { id = 0, questions: asked = [] } = decode(bytes);
		const [question] = asked;
		const isAddress = String(question?.type) === "A";
		if (isAddress) questions += 1;
		const record = { name: question?.name, type: "A", class: "IN", ttl: ttlSeconds };
		const answers = isAddress ? [{ ...record, data: zone.address }] : [];
		const answer = { type: "response", id, questions: asked, answers };
		socket.send(encode(answer as unknown as Packet), port, from);
	});
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	const zone: Zone = {
		server: `127.0.0.1:${socket.address().port}`,
		address: first,
		get questions() {
			return questions;
		},
		[Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
	};
	return zone;
}
