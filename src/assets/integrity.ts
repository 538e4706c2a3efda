/* Subresource Integrity by WebCrypto: the same in browsers, workers and Node. */
import { RealtimeError } from "../errors/realtime-error.js";
import { HASH } from "./manifest.js";

/** Whether these are the bytes. Fails closed: an integrity that can't be read fits nothing. */
export async function isIntact(body: Uint8Array<ArrayBuffer>, integrity: string): Promise<boolean> {
	const [, bits] = HASH.exec(integrity) ?? [];
	return bits !== undefined && (await integrityOf(body, bits)) === integrity;
}

export async function integrityOf(body: Uint8Array<ArrayBuffer>, bits = "384"): Promise<string> {
	const digest = await globalThis.crypto.subtle.digest(`SHA-${bits}`, body);
	return `sha${bits}-${toBase64(new Uint8Array(digest))}`;
}

/** Asked before the first request, so that no origin is blamed for a page on plain HTTP. */
export function requireVerifier(): void {
	if (globalThis.crypto?.subtle !== undefined) return;
	throw new RealtimeError("asset-unavailable", "There is no WebCrypto here to verify with.", {
		retryable: false,
		remediation: "Serve the page over HTTPS, or from localhost.",
	});
}

/** In parts: a call takes some 65,000 arguments. */
const PART = 0x8000;

export function toBase64(bytes: Uint8Array): string {
	let text = "";
	for (let at = 0; at < bytes.length; at += PART)
		text += String.fromCharCode(...bytes.subarray(at, at + PART));
	return btoa(text);
}

/** Null for what is no base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
	try {
		return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
	} catch {
		return null;
	}
}
