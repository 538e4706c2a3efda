/*
 * Supra: downloads, by RFC 9110: ranges (§14), conditions (§13). Several ranges at once are answered with
 * the whole, as §14.2 lets a server do: overlapping ones are how a small question gets a huge answer.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import send from "send";
import { type FileRoom, OCTETS } from "./file-room.js";

/** Others could be pages or scripts: they come as octets. */
const SHOWN = ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"];
const YEAR_MS = 31_536_000_000;

export class Supra {
	readonly #room: FileRoom;

	constructor(room: FileRoom) {
		this.#room = room;
	}

	/** `id`: what stands after the path's prefix. */
	async serve(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
		if (request.method !== "GET" && request.method !== "HEAD") {
			response.setHeader("Allow", "GET, HEAD");
			return refuse(response, 405, "Files are for reading.");
		}
		const file = await this.#room.find(id);
		if (file === null) return refuse(response, 404, "There is no such file.");
		// A weak tag promises no equal bytes (§13.1.5); send compares it as if it did.
		if (String(request.headers["if-range"] ?? "").startsWith("W/")) delete request.headers.range;
		request.headers.range = sane(request.headers.range, file.bytes);
		response.setHeader("Content-Type", SHOWN.includes(file.type) ? file.type : OCTETS);
		response.setHeader("Content-Disposition", `attachment; filename*=UTF-8''${encoded(file.name)}`);
		response.setHeader("X-Content-Type-Options", "nosniff");
		response.setHeader("Content-Security-Policy", "default-src 'none'; sandbox");
		// Strong: what is published under an id never changes.
		response.setHeader("ETag", `"${id}"`);
		send(request, id, {
			root: this.#room.files,
			index: false,
			dotfiles: "ignore",
			maxAge: YEAR_MS,
			immutable: true,
		})
			.on("error", (error: { readonly status?: number }) => {
				const { status = 500 } = error;
				refuse(response, status, WHY[status] ?? "The file can't be read.");
			})
			.pipe(response);
	}
}

const WHY: Readonly<Record<number, string>> = {
	404: "There is no such file.",
	412: "It is not the file that was meant.",
	416: "It has no such bytes.",
};

/** More of its last bytes than there are means all of it (§14.1.2); send has no such bytes then. */
function sane(range: string | undefined, bytes: number): string | undefined {
	const [, last] = /^bytes=-(\d+)$/.exec(range ?? "") ?? [];
	return last !== undefined && bytes > 0 && Number(last) > bytes ? "bytes=0-" : range;
}

/** Of a name, RFC 8187. */
function encoded(name: string): string {
	return encodeURIComponent(name).replace(
		/['()*]/g,
		(sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
	);
}

function refuse(response: ServerResponse, status: number, why: string): void {
	if (response.headersSent) return void response.destroy();
	for (const name of ["ETag", "Content-Disposition", "Cache-Control", "Last-Modified"])
		response.removeHeader(name);
	response.writeHead(status, { "Content-Type": "text/plain", "Cache-Control": "no-store" });
	response.end(`${why}\n`);
}
