/*
 * Verified bytes, at work in a page. They run from `blob:` URLs, since a second request for the same URL
 * may bring other bytes. Such a script has no place of its own, so a module's relative imports lead
 * nowhere: modules that import each other do so by the paths of the manifest, through an import map.
 * The inline boot script runs this very code, so what it weighs counts.
 */
import type { AssetType } from "./manifest.js";

export interface Runnable {
	readonly path: string;
	readonly type: AssetType;
	readonly integrity: string;
	readonly body: ArrayBuffer | Uint8Array<ArrayBuffer>;
	readonly origin: string;
}

/** In order, each when the one before it has run. Rejects where one can't be run. */
export async function runAll(files: readonly Runnable[], nonce: string): Promise<void> {
	const add = (properties: Partial<HTMLScriptElement>): void =>
		document.head.append(Object.assign(document.createElement("script"), { nonce }, properties));
	const modules = files.filter(({ type }) => type === "module");
	const imports = Object.fromEntries(modules.map((file) => [file.path, toUrl(file)]));
	// A map is inline text, so it needs a nonce (or its hash in the policy). One file needs no map.
	if (modules[1]) add({ type: "importmap", text: JSON.stringify({ imports }) });
	for (const file of files) {
		const { path, type, integrity, body, origin } = file;
		if (type === "style") {
			// Made by script it is no matter of the policy; its relative URLs are those of its origin.
			const text = await new Response(body).text();
			document.adoptedStyleSheets.push(
				await new CSSStyleSheet({ baseURL: `${origin}/${path}` }).replace(text),
			);
		} else if (type !== "data") {
			const src = imports[path] ?? toUrl(file);
			await new Promise((onload, onerror) =>
				// Integrity not for the bytes, which are ours, but for a policy that lists hashes (CSP 3, 6.7.1.1).
				add({ type: type === "module" ? type : "", src, integrity, onload, onerror }),
			);
		}
	}
}

const toUrl = ({ body }: Runnable): string =>
	URL.createObjectURL(new Blob([body], { type: "text/javascript" }));
