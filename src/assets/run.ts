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

/** Trusted Types, which TypeScript's DOM does not have yet. */
interface TrustedTypes {
	createPolicy(name: string, rules: typeof PLAIN): typeof PLAIN;
}

const PLAIN = {
	createScriptURL: (url: string): string => url,
	createScript: (text: string): string => text,
};

/** In order, each when the one before it has run. Rejects with the path of what can't be run. */
export async function runAll(files: readonly Runnable[], nonce: string): Promise<void> {
	const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
	const { createScriptURL, createScript } = trustedTypes?.createPolicy("holdfast", PLAIN) ?? PLAIN;
	const add = (type: string, fill: (script: HTMLScriptElement) => void): void => {
		const script = document.createElement("script");
		script.type = type;
		script.nonce = nonce;
		fill(script);
		document.head.append(script);
	};
	const modules = files.filter(({ type }) => type === "module");
	const imports = Object.fromEntries(modules.map((file) => [file.path, toUrl(file)]));
	// A map's own text must pass the policy: it needs a nonce. One file needs no map.
	if (modules.length > 1)
		add("importmap", (script) => {
			script.text = createScript(JSON.stringify({ imports }));
		});
	for (const file of files) {
		const { path, type, integrity } = file;
		if (type === "style") apply(file);
		else if (type !== "data")
			await new Promise((resolve, reject) =>
				add(type === "module" ? type : "", (script) => {
					script.onload = resolve;
					script.onerror = () => reject(new Error(path));
					// Not for the bytes, which are ours, but for a policy that lists hashes (CSP 3, 6.7.1.1).
					script.integrity = integrity;
					script.src = createScriptURL(imports[path] ?? toUrl(file));
				}),
			);
	}
}

const toUrl = ({ body }: Runnable): string =>
	URL.createObjectURL(new Blob([body], { type: "text/javascript" }));

/** Made by script, a style sheet is no matter of the policy; its relative URLs are those of its origin. */
function apply({ body, origin, path }: Runnable): void {
	const sheet = new CSSStyleSheet({ baseURL: new URL(path, `${origin}/`).href });
	sheet.replaceSync(new TextDecoder().decode(body));
	document.adoptedStyleSheets.push(sheet);
}
