/* DNS over UDP: a question a packet, an answer a packet. */
import { createSocket, type Socket } from "node:dgram";
import { isIP } from "node:net";
import type { Answering } from "./answering.js";

/** Rejects with the system's error if the port is taken. */
export async function udpSocket(answering: Answering, host: string, port: number): Promise<Socket> {
	const socket = createSocket(isIP(host) === 6 ? "udp6" : "udp4");
	socket.on("message", (message, { address, port: from }) =>
		answering.answer(message, address, "udp", (answer) => {
			// Who is gone by now is told nothing.
			socket.send(answer, from, address, () => undefined);
		}),
	);
	await new Promise<void>((resolve, reject) => {
		socket.once("error", reject);
		socket.bind(port, host, () => {
			socket.off("error", reject);
			// An asker that has gone: ICMP says so, and it means nothing here.
			socket.on("error", () => undefined);
			resolve();
		});
	}).catch((error: unknown) => {
		socket.close();
		throw error;
	});
	return socket;
}
