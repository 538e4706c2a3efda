/* A manifest from the files of a build. The same files give the same text, on any machine and at any time. */
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { RealtimeError } from "../errors/realtime-error.js";
import { integrityOf } from "./integrity.js";
import { type AssetEntry, type AssetManifest, type AssetType, checkManifest } from "./manifest.js";

export interface FolderOptions {
	/** Files with these endings are listed as data; none by default, since boot loads all that is listed. */
	readonly data?: readonly string[];
	/** What `.js` files are. `.mjs` is always a module. @default "module" */
	readonly js?: "module" | "script";
	/** @default that of the nearest package.json, or else "0" */
	readonly version?: string | undefined;
	/** Names that are left out. */
	readonly except?: readonly string[];
	/** Bits of the hash. @default "384" */
	readonly bits?: "256" | "384" | "512";
}

/** Styles before what looks at them, data before what reads it. */
const ORDER: readonly AssetType[] = ["data", "style", "script", "module"];

/** @throws RealtimeError `invalid-manifest`: nothing to list, or a name that can't stand in a URL as it is. */
export async function manifestOf(
	folder: string,
	options: FolderOptions = {},
): Promise<AssetManifest> {
	const { except = [] } = options;
	const paths = (await filesOf(folder)).filter((path) => !except.includes(path));
	const listed = paths.flatMap((path) => {
		const type = typeOf(path, options);
		return type === null ? [] : [{ path, type }];
	});
	if (listed.length === 0)
		throw new RealtimeError("invalid-manifest", `${folder} has no .js, .mjs or .css file.`, {
			remediation: "Name the folder that your build writes, or list data with --data.",
		});
	const entries = listed.map(async ({ path, type }): Promise<AssetEntry> => {
		const body = Uint8Array.from(await readFile(join(folder, path)));
		const integrity = await integrityOf(body, options.bits);
		return { path, integrity, type, bytes: body.length };
	});
	const version = options.version ?? (await versionNear(folder));
	return checkManifest({ version, entries: (await Promise.all(entries)).sort(inOrder) });
}

/** By code units: what a locale thinks of letters must not change a build. */
function inOrder(a: AssetEntry, b: AssetEntry): number {
	const byType = ORDER.indexOf(a.type) - ORDER.indexOf(b.type);
	return byType || Number(a.path > b.path) - Number(a.path < b.path);
}

function typeOf(path: string, { data = [], js = "module" }: FolderOptions): AssetType | null {
	if (data.some((ending) => path.endsWith(ending))) return "data";
	if (path.endsWith(".mjs")) return "module";
	if (path.endsWith(".js")) return js;
	return path.endsWith(".css") ? "style" : null;
}

/** With slashes on every system. Hidden files are no part of a build. */
async function filesOf(folder: string): Promise<readonly string[]> {
	const found = await readdir(folder, { recursive: true, withFileTypes: true });
	return found
		.filter((file) => file.isFile())
		.map((file) => join(file.parentPath ?? file.path, file.name).slice(join(folder, sep).length))
		.map((path) => path.split(sep).join("/"))
		.filter((path) => !/(?:^|\/)\./.test(path));
}

export async function versionNear(folder: string): Promise<string> {
	for (let at = resolve(folder); ; at = dirname(at)) {
		const text = await readFile(join(at, "package.json"), "utf8").catch(() => null);
		const { version } = text === null ? {} : (JSON.parse(text) as { readonly version?: unknown });
		if (typeof version === "string" && version !== "") return version;
		if (at === dirname(at)) return "0";
	}
}
