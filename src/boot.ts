/* "holdfast/boot": the inline script that boots an app from several origins, for the head of its page. */
import { BOOT_HASH, BOOT_TEXT, WORKER_TEXT } from "./assets/boot-text.js";

export type { AssetEntry, AssetManifest, AssetType } from "./assets/manifest.js";
export {
	type BootedFile,
	type BootedVersion,
	type BootOptions,
	bootTag,
	type InlineBoot,
} from "./assets/tags.js";

/** The inline script's text. `bootTag()` puts it into a tag with its configuration. */
export const bootText: string = BOOT_TEXT;
/** Its hash as a policy wants it: `script-src 'sha256-…' 'strict-dynamic'`. The same for each release. */
export const bootHash: string = BOOT_HASH;
/** A service worker that keeps pages: serve it as a file of your own site, and register it. */
export const serviceWorkerText: string = WORKER_TEXT;
