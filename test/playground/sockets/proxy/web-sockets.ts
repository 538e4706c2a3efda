/* WebSockets through a proxy, and what becomes of them. */
import { connect as connectTls } from "node:tls";
import { WebSocket } from "ws";

export interface Outcome {
	/** Null: it is open still. */
	closed: number | null;
	readonly socket: WebSocket;
}

const OPTIONS = { perMessageDeflate: false, handshakeTimeout: 20_000 } as const;

/** `authority`: PEM; empty: without TLS. Rejects with the status, "status 503", or the system's error. */
export function open(port: number, authority: string, name = "wss.edge.test"): Promise<Outcome> {
	// ws passes them on; its types don't know them all.
	const tls = { ca: authority, servername: name };
	return new Promise((resolve, reject) => {
		const scheme = authority === "" ? "ws" : "wss";
		const socket = new WebSocket(`${scheme}://127.0.0.1:${port}/live?ticket=secret-ticket`, {
			...OPTIONS,
			...tls,
			headers: { Host: name, Authorization: "Bearer secret-token", Cookie: "a=secret-cookie" },
		});
		const outcome: Outcome = { closed: null, socket };
		socket.on("open", () => resolve(outcome));
		socket.on("close", (code) => {
			outcome.closed = code;
		});
		socket.on("unexpected-response", (request, response) => {
			reject(new Error(`status ${response.statusCode}`));
			request.destroy();
		});
		socket.on("error", (error: NodeJS.ErrnoException) =>
			reject(new Error(error.code ?? error.message)),
		);
	});
}

export async function openMany(count: number, port: number, authority: string) {
	const all: Outcome[] = [];
	// In groups: all at once would be the herd that this does not test.
	while (all.length < count)
		all.push(
			...(await Promise.all(
				Array.from({ length: Math.min(20, count - all.length) }, () => open(port, authority)),
			)),
		);
	return all;
}

export function echo({ socket }: Outcome, text: string): Promise<string> {
	return new Promise((resolve, reject) => {
		socket.once("message", (data) => resolve(data.toString()));
		socket.once("close", (code) => reject(new Error(`closed ${code}`)));
		socket.send(text);
	});
}

export const closedOf = (all: readonly Outcome[]): readonly number[] =>
	all.flatMap(({ closed }) => (closed === null ? [] : [closed]));

/** Of the certificate that is shown to newcomers. */
export function serialAt(port: number, authority: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const options = { host: "127.0.0.1", port, ca: authority, servername: "wss.edge.test" };
		const socket = connectTls(options, () => {
			resolve(socket.getPeerCertificate().serialNumber);
			socket.destroy();
		});
		socket.on("error", reject);
	});
}
