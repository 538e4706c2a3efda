/*
 * A folder, read-only: a path of a URL to a file's bytes, type and freshness. Nothing outside the folder
 * is ever read, whatever the path says, and whatever links lie in it.
 */
import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { extname, join, sep } from "node:path";

export interface ServedFile {
	readonly body: Uint8Array;
	readonly type: string;
	/** Of `Cache-Control`. */
	readonly freshness: string;
	/** Of `ETag`, with its quotes. */
	readonly tag: string;
}

const TYPES: Readonly<Record<string, string>> = {
	".css": "text/css; charset=utf-8",
	".gif": "image/gif",
	".html": "text/html; charset=utf-8",
	".ico": "image/x-icon",
	".jpg": "image/jpeg",
	".js": "text/javascript; charset=utf-8",
	".json": "application/json; charset=utf-8",
	".map": "application/json; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8",
	".png": "image/png",
	".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
	".wasm": "application/wasm",
	".webp": "image/webp",
	".woff2": "font/woff2",
};

/** As builds name files by their content: index-B7x9kQ2a.js. Without a digit it is taken for a word. */
const HASHED = /[.-](?=[\w-]*\d)[\w-]{8,}\.\w+$/;

/** Null: there is no such file, or it is not to be served. */
export async function readServed(root: string, path: string): Promise<ServedFile | null> {
	const file = await locate(root, path);
	const body = file === null ? null : await readFile(file).catch(() => null);
	if (file === null || body === null) return null;
	const tag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
	const type = TYPES[extname(file).toLowerCase()] ?? "application/octet-stream";
	return { body, type, freshness: freshnessOf(file), tag };
}

async function locate(root: string, path: string): Promise<string | null> {
	let name: string;
	try {
		name = decodeURIComponent(path);
	} catch {
		return null;
	}
	// Files that begin with a dot are no assets: .git, .env.
	if (/[\0\\]/.test(name) || name.split("/").some((part) => part.startsWith("."))) return null;
	const wanted = join(root, name.endsWith("/") ? `${name}index.html` : name);
	const [real, within] = await Promise.all([wanted, root].map((at) => realpath(at))).catch(
		() => [],
	);
	if (real === undefined || within === undefined) return null;
	return real.startsWith(within.endsWith(sep) ? within : within + sep) ? real : null;
}

function freshnessOf(file: string): string {
	if (extname(file) === ".html") return "no-cache";
	return HASHED.test(file) ? "public, max-age=31536000, immutable" : "public, max-age=60";
}
