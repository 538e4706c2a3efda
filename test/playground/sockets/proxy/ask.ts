/* One request through a proxy, as the client sees it, and what reached the server. */
import { type ClientRequest, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import type { Seen } from "./stub-upstream.js";

export interface Question {
	/** By SNI; none: no TLS name, which needs an address. */
	readonly sni?: string;
	readonly host?: string;
	readonly path?: string;
	readonly method?: string;
	readonly headers?: Readonly<Record<string, string | string[]>>;
	readonly upgrade?: boolean;
	/** At the plain listener. */
	readonly plain?: boolean;
}

export interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	/** Null: nobody behind the proxy was asked. */
	readonly seen: Seen | null;
}

const UPGRADE = {
	Upgrade: "websocket",
	Connection: "Upgrade",
	"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	"Sec-WebSocket-Version": "13",
};

export interface Where {
	readonly port: number;
	readonly plainPort: number;
	readonly authority: string;
}

export function ask({ port, plainPort, authority }: Where, question: Question): Promise<Answer> {
	const { sni, host = "api.edge.test", path = "/", method, upgrade, plain } = question;
	const options = {
		host: "127.0.0.1",
		port: plain ? plainPort : port,
		path,
		method: method ?? "GET",
		agent: false as const,
		headers: { Host: host, ...(upgrade ? UPGRADE : {}), ...question.headers },
	};
	const asked = plain
		? plainRequest(options)
		: tlsRequest({
				...options,
				ca: authority,
				servername: sni ?? "",
				checkServerIdentity: () => undefined,
			});
	return answerTo(asked);
}

function answerTo(asked: ClientRequest): Promise<Answer> {
	return new Promise((resolve, reject) => {
		asked.on("error", reject);
		asked.on("upgrade", (response, socket) => {
			socket.destroy();
			const text = Buffer.from(String(response.headers["x-seen"] ?? ""), "base64").toString();
			resolve(answer(response.statusCode ?? 0, response.headers, text));
		});
		asked.on("response", (response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (part: string) => {
				text += part;
			});
			response.on("end", () => resolve(answer(response.statusCode ?? 0, response.headers, text)));
		});
		asked.end();
	});
}

function answer(status: number, headers: object, text: string): Answer {
	const flat = Object.entries(headers).map(([name, value]) => [name, String(value)]);
	return {
		status,
		headers: Object.fromEntries(flat),
		seen: text.startsWith("{") ? (JSON.parse(text) as Seen) : null,
	};
}
