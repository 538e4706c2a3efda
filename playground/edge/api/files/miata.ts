/*
 * Miata: uploads that go on where they were cut off, by tus 1.0 (tus-node-server), with its extensions
 * creation, expiration, termination, and checksum, which that server lacks: checksum.ts.
 *
 *    POST ─▶ PATCH … PATCH ─▶ whole ─▶ its sha256, if it was told ─▶ published, for Supra
 *                ╰─ cut ─▶ HEAD ─▶ PATCH        ╰─ another: 460, and it is gone
 */
import { readdir } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { FileStore } from "@tus/file-store";
import { MemoryLocker, Server } from "@tus/server";
import { ALGORITHMS, checked } from "./checksum.js";
import { factsOf, type FileRoom, isFileId } from "./file-room.js";

export interface MiataOptions {
	readonly room: FileRoom;
	/** @default "/uploads" */
	readonly path?: string;
	/** Of one file. @default 64 MiB */
	readonly maxBytes?: number;
	/** Unfinished and whole ones that are kept. @default 1000 */
	readonly maxUploads?: number;
	/** From its beginning; then it is gone. @default a day */
	readonly expiresMs?: number;
	/** @default a minute */
	readonly sweepMs?: number;
}

const METHODS = ["POST", "HEAD", "PATCH", "DELETE", "OPTIONS"];
const MAX_METADATA_LENGTH = 4_096;
const SHA256 = /^[0-9a-f]{64}$/;

export class Miata {
	readonly #room: FileRoom;
	readonly #options: Required<MiataOptions>;
	readonly #store: FileStore;
	readonly #tus: Server;
	#sweeping: NodeJS.Timeout | undefined;

	constructor(options: MiataOptions) {
		this.#room = options.room;
		this.#options = { ...DEFAULTS, ...options };
		const { maxBytes, path, expiresMs } = this.#options;
		this.#store = new FileStore({
			directory: this.#room.uploads,
			expirationPeriodInMilliseconds: expiresMs,
		});
		// It is announced with the store's own.
		this.#store.extensions.push("checksum");
		this.#tus = new Server({
			path,
			allowedHeaders: ["Upload-Checksum"],
			datastore: this.#store,
			locker: new MemoryLocker(),
			maxSize: maxBytes,
			// The proxy's name is the one that counts.
			relativeLocation: true,
			// Beside each upload lies a file of the store's own, with a name like it.
			getFileIdFromRequest: (_request, id = "") => (isFileId(id) ? id : undefined),
			onUploadCreate: async () => {
				await this.#room.open();
				const { length } = await readdir(this.#room.uploads);
				if (length / 2 >= this.#options.maxUploads)
					throw refusal(507, "There is no room for another upload.");
				return {};
			},
			onUploadFinish: async (_request, { id, metadata }) => {
				await this.#finish(id, metadata);
				return {};
			},
		});
	}

	/** Also publishes what became whole when nobody could any more. */
	async start(): Promise<void> {
		await this.#room.open();
		const { sweepMs } = this.#options;
		this.#sweeping = setInterval(() => void this.sweep().catch(() => undefined), sweepMs);
		for (const id of (await readdir(this.#room.uploads)).filter(isFileId)) {
			const upload = await this.#store.getUpload(id).catch(() => null);
			if (upload?.size === undefined || upload.size !== upload.offset) continue;
			await this.#finish(id, upload.metadata).catch(() => undefined);
		}
	}

	async stop(): Promise<void> {
		clearInterval(this.#sweeping);
	}

	/** Resolves with how many uploads were too old. */
	sweep(): Promise<number> {
		return this.#tus.cleanUpExpiredUploads();
	}

	async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { method = "", headers } = request;
		if (!METHODS.includes(method)) return answer(response, 405, "Files are read elsewhere.");
		if (String(headers["upload-metadata"] ?? "").length > MAX_METADATA_LENGTH)
			return answer(response, 413, "There is more metadata than content, perhaps.");
		if (method === "OPTIONS") response.setHeader("Tus-Checksum-Algorithm", ALGORITHMS.join(","));
		if (headers["upload-checksum"] === undefined) return this.#tus.handle(request, response);
		const body = await checked(request);
		if (body.is === "wrong") return answer(response, body.status, body.why);
		const whole = new Request(new URL(request.url ?? "/", "http://miata"), {
			method,
			headers: Object.entries(headers).flatMap(([name, value]) =>
				typeof value === "string" ? [[name, value] as [string, string]] : [],
			),
			body: new Uint8Array(body.value),
		});
		const said = await this.#tus.handleWeb(whole);
		response.writeHead(said.status, Object.fromEntries(said.headers));
		response.end(await said.text());
	}

	async #finish(id: string, metadata: Record<string, string | null> | undefined): Promise<void> {
		const told = metadata?.sha256?.toLowerCase();
		if (told !== undefined && (!SHA256.test(told) || told !== (await this.#room.digest(id)))) {
			await this.#store.remove(id);
			throw refusal(460, "It is not what its sha256 says, and was removed.");
		}
		await this.#room.publish(id, factsOf(metadata));
	}
}

const DEFAULTS = {
	path: "/uploads",
	maxBytes: 64 * 1024 * 1024,
	maxUploads: 1_000,
	expiresMs: 86_400_000,
	sweepMs: 60_000,
};

/** As tus-node-server has its own: it answers with it. */
function refusal(status: number, why: string): object {
	return { status_code: status, body: `${why}\n` };
}

function answer(response: ServerResponse, status: number, why: string): void {
	const headers = { "Content-Type": "text/plain", "Tus-Resumable": "1.0.0", Connection: "close" };
	response.writeHead(status, headers);
	response.end(`${why}\n`);
}
