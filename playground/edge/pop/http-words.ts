/* Heads and short answers, as proxies write them. */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

export function lines(headers: readonly string[]): string {
	let text = "";
	for (let at = 0; at + 1 < headers.length; at += 2)
		text += `${headers[at]}: ${headers[at + 1]}\r\n`;
	return text;
}

export function answer(response: ServerResponse, status: number): void {
	response.writeHead(status, { "Content-Type": "text/plain", "Cache-Control": "no-store" });
	response.end(`${STATUS_CODES[status]}\n`);
}

export function refuse(client: Duplex, status: number): void {
	client.end(
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
	);
}
