/*
 * What a manifest may say. It decides which bytes run, so whatever is not plainly right is refused as
 * a whole: a path that could lead elsewhere, a hash that a browser would skip for not knowing it.
 */
import { RealtimeError } from "../errors/realtime-error.js";

/** How an asset is used once it is verified: run as a classic script or a module, applied, or only kept. */
export type AssetType = "script" | "module" | "style" | "data";

/** One file of a build. */
export interface AssetEntry {
	/** Where it lies under each origin: `assets/app.js`. Neither a URL nor `..`; a slash at the start is ignored. */
	readonly path: string;
	/** Subresource Integrity: `sha256-`, `sha384-` or `sha512-` and the hash in base64. */
	readonly integrity: string;
	/** How it is used; the MIME type of an answer has to fit. */
	readonly type: AssetType;
	/** Its size; an answer that is longer is cut off at once. @default unknown: at most 64 MiB */
	readonly bytes?: number;
}

/** What a build consists of, in the order in which it runs. `npx holdfast manifest` writes it. */
export interface AssetManifest {
	/** Grows with each build: runs of digits count as numbers, so `1.10` is newer than `1.9`. */
	readonly version: string;
	/** The files, in the order in which they run. */
	readonly entries: readonly AssetEntry[];
}

const MOST_ENTRIES = 5_000;
const LONGEST = 1_024;
const TYPES: readonly unknown[] = ["script", "module", "style", "data"] satisfies AssetType[];
/**
 * What no path may have: a segment that is empty or starts with a dot, so neither `..` nor hidden files;
 * `%`, which hides dots; `:`, `\`, `?` and `#`, which a URL parser reads in its own way.
 */
export const OUTSIDE: RegExp = /(^|\/)([./]|$)|[\\?#%:\s]/;
export const HASH: RegExp = /^sha(256|384|512)-([\w+/]+={0,2})$/;
/** Base64 characters of a hash of so many bits. */
const LENGTH: Readonly<Record<string, number>> = { 256: 44, 384: 64, 512: 88 };
/** An asset of its own, outside a manifest: its path and integrity as one has to give them. */
export function checkPath(path: unknown): string {
	const plain = typeof path === "string" ? path.replace(/^\/(?!\/)/, "") : "";
	if (plain.length > LONGEST || OUTSIDE.test(plain))
		throw refuse(`${show(path)} is no path under an origin.`);
	return plain;
}

export function checkIntegrity(integrity: unknown, path: string): string {
	if (typeof integrity !== "string" || integrity === "") throw refuse(`${path} has no integrity.`);
	const [, bits = "", hash = ""] = HASH.exec(integrity) ?? [];
	if (hash.length !== LENGTH[bits])
		throw refuse(`${path}: ${show(integrity)} is no sha256, sha384 or sha512 hash.`);
	return integrity;
}

/**
 * A copy of what was given, paths without a leading slash.
 * @throws RealtimeError `invalid-manifest`
 */
export function checkManifest(given: unknown): AssetManifest {
	if (!isRecord(given)) throw refuse("It is no object.");
	const { version, entries } = given;
	if (typeof version !== "string" || version === "" || version.length > LONGEST)
		throw refuse("version is no text.");
	if (!Array.isArray(entries) || entries.length === 0) throw refuse("entries is no list of files.");
	if (entries.length > MOST_ENTRIES) throw refuse(`more than ${MOST_ENTRIES} entries.`);
	const checked = entries.map(checkEntry);
	const paths = new Set(checked.map(({ path }) => path));
	if (paths.size < checked.length) throw refuse("a path is listed twice.");
	return { version, entries: checked };
}

function checkEntry(given: unknown): AssetEntry {
	if (!isRecord(given)) throw refuse("an entry is no object.");
	const path = checkPath(given.path);
	const integrity = checkIntegrity(given.integrity, path);
	const { type, bytes } = given;
	if (!TYPES.includes(type)) throw refuse(`${path}: ${show(type)} is no type.`);
	const entry = { path, integrity, type: type as AssetType };
	if (bytes === undefined) return entry;
	if (!Number.isSafeInteger(bytes) || (bytes as number) < 0) throw refuse(`${path}: bytes.`);
	return { ...entry, bytes: bytes as number };
}

/** @throws RealtimeError `invalid-manifest` */
export function parseManifest(text: string): AssetManifest {
	let given: unknown;
	try {
		given = JSON.parse(text);
	} catch (cause) {
		throw refuse("It is not JSON.", cause);
	}
	return checkManifest(given);
}

/** As people number builds: digits as numbers. */
export function isOlder(version: string, than: string): boolean {
	return version.localeCompare(than, "en", { numeric: true }) < 0;
}

/** The whole of a MIME type, without its parameters. */
const SCRIPT = /^(?:text|application)\/(?:x-)?(?:java|ecma)script$/;

/** Whether an answer of this MIME type can be what was asked for. HTML is what portals and routers say. */
export function isFitting(type: AssetType, contentType: string | null, path: string): boolean {
	const mime = (contentType ?? "").split(";", 1).join("").trim().toLowerCase();
	switch (type) {
		case "script":
		case "module":
			return SCRIPT.test(mime);
		case "style":
			return mime === "text/css";
		case "data":
			return mime !== "text/html" || /\.html?$/.test(path);
		default:
			return type satisfies never;
	}
}

function refuse(what: string, cause?: unknown): RealtimeError {
	return new RealtimeError("invalid-manifest", `Not a manifest to trust: ${what}`, {
		cause,
		remediation: "Write it with `npx holdfast manifest`, from the files as they are deployed.",
	});
}

/** Whatever it is, in a line. */
function show(value: unknown): string {
	return (JSON.stringify(value) ?? String(value)).slice(0, 100);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
