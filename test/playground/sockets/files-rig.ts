/* Miata and Supra on a folder of their own, and uploads to them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Upload } from "tus-js-client";
import { onTestFinished } from "vitest";
import { FileRoom } from "../../../playground/edge/api/files/file-room.js";
import { Miata, type MiataOptions } from "../../../playground/edge/api/files/miata.js";
import { Supra } from "../../../playground/edge/api/files/supra.js";
import { serve } from "./api-rig.js";

export async function folder(): Promise<string> {
	const path = await mkdtemp(join(tmpdir(), "holdfast-files-"));
	onTestFinished(() => rm(path, { recursive: true, force: true }));
	return path;
}

export async function startFiles(options: Partial<MiataOptions> = {}, root?: string) {
	const room = new FileRoom(root ?? (await folder()));
	const [miata, supra] = [new Miata({ room, ...options }), new Supra(room)];
	await miata.start();
	onTestFinished(() => miata.stop());
	const { origin } = await serve((request, response) => {
		const [, file] = /^\/files\/(.+)$/.exec(request.url ?? "") ?? [];
		void (file === undefined
			? miata.serve(request, response)
			: supra.serve(request, response, file));
	});
	return { miata, origin, room };
}

interface Way {
	readonly chunkSize?: number;
	readonly metadata?: Record<string, string>;
	readonly onChunk?: (sent: number) => void;
}

/** Resolves with its URL, rejects with what the server said. */
export function upload(
	origin: string,
	bytes: Buffer,
	{ chunkSize, metadata = {}, onChunk }: Way = {},
) {
	return new Promise<string>((resolve, reject) => {
		const made = new Upload(bytes, {
			endpoint: `${origin}/uploads`,
			retryDelays: [50, 100, 200, 500, 1_000, 2_000, 2_000, 2_000, 2_000],
			...(chunkSize === undefined ? {} : { chunkSize }),
			metadata,
			onChunkComplete: (_size, sent) => onChunk?.(sent),
			onSuccess: () => resolve(String(made.url)),
			onError: reject,
		});
		made.start();
	});
}

export const idOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1);

/** By hand: a file of these bytes, whole. */
export async function stored(origin: string, bytes: Buffer, metadata: Record<string, string> = {}) {
	return idOf(await upload(origin, bytes, { metadata }));
}
