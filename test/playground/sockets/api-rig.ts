/* A listener of the Edge API on a port of its own, and requests as bytes want them. */
import {
	type ClientRequest,
	createServer,
	type IncomingHttpHeaders,
	type IncomingMessage,
	request,
	type RequestListener,
} from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Served {
	readonly port: number;
	readonly origin: string;
	/** Requests so far. */
	readonly count: number;
	readonly stop: () => Promise<void>;
}

export async function serve(listener: RequestListener, port = 0): Promise<Served> {
	let count = 0;
	const http = createServer((asked, response) => {
		count += 1;
		return listener(asked, response);
	});
	await new Promise<void>((resolve, reject) => {
		http.once("error", reject);
		http.listen(port, "127.0.0.1", () => resolve());
	});
	const stop = async (): Promise<void> => {
		const closed = new Promise((resolve) => http.close(resolve));
		http.closeAllConnections();
		await closed;
	};
	onTestFinished(stop);
	const { port: taken } = http.address() as AddressInfo;
	return {
		port: taken,
		origin: `http://127.0.0.1:${taken}`,
		get count() {
			return count;
		},
		stop,
	};
}

export interface Answer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly body: Buffer;
	readonly text: string;
}

/** The path goes out as it is given: `fetch` would tidy up what shall hurt. */
export function get(
	origin: string,
	path: string,
	headers: Record<string, string> = {},
	method = "GET",
	body?: string | Buffer,
): Promise<Answer> {
	const { hostname, port } = new URL(origin);
	return new Promise((resolve, reject) => {
		const made: ClientRequest = request(
			{ host: hostname, port, path, method, headers, agent: false },
			(incoming: IncomingMessage) => {
				const chunks: Buffer[] = [];
				incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
				incoming.on("error", reject);
				incoming.on("end", () => {
					const whole = Buffer.concat(chunks);
					const { statusCode = 0, headers: got } = incoming;
					resolve({ status: statusCode, headers: got, body: whole, text: whole.toString() });
				});
			},
		);
		made.on("error", reject);
		made.end(body);
	});
}
