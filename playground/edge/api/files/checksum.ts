/* tus's checksum extension: bytes are looked at before any of them is kept, so they must fit into memory. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";

export const ALGORITHMS = ["sha256", "sha1"];
export const MAX_CHECKED_BYTES = 8 * 1024 * 1024;

export type Checked =
	| { readonly is: "checked"; readonly value: Buffer }
	| { readonly is: "wrong"; readonly status: number; readonly why: string };

/** The body of a request whose `Upload-Checksum` it has. */
export async function checked(request: IncomingMessage): Promise<Checked> {
	const [algorithm = "", sum = ""] = String(request.headers["upload-checksum"]).split(" ", 2);
	if (!ALGORITHMS.includes(algorithm))
		return wrong(400, `Upload-Checksum begins with one of ${ALGORITHMS.join(", ")}.`);
	if (Number(request.headers["content-length"] ?? 0) > MAX_CHECKED_BYTES) return TOO_LARGE;
	const hash = createHash(algorithm);
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		bytes += chunk.length;
		if (bytes > MAX_CHECKED_BYTES) return TOO_LARGE;
		hash.update(chunk);
		chunks.push(chunk);
	}
	if (hash.digest("base64") !== sum) return wrong(460, "Checksum Mismatch: nothing was kept.");
	return { is: "checked", value: Buffer.concat(chunks) };
}

const wrong = (status: number, why: string) => ({ is: "wrong", status, why }) as const;
const TOO_LARGE = wrong(
	413,
	`With a checksum at most ${MAX_CHECKED_BYTES} bytes may come at once.`,
);
