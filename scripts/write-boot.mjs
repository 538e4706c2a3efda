/*
 * Writes src/assets/boot-text.ts: the inline script and the service worker as text, as they go into pages,
 * and the hash of the former for a content security policy. The text is in the repository so that sources
 * run without a build; test/assets/boot-text.test.ts fails where it is not that of its sources.
 * `--check` writes nothing.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const PATH = "src/assets/boot-text.ts";

async function minify(entry) {
	const { outputFiles } = await build({
		entryPoints: [`src/assets/${entry}.ts`],
		bundle: true,
		minify: true,
		write: false,
		format: "iife",
		target: "es2022",
		legalComments: "none",
		// Not the project's: "use strict" would cost bytes, and nothing in here depends on it.
		tsconfigRaw: {},
	});
	const text = outputFiles[0].text.trim();
	if (/<\/script|<!--/i.test(text)) throw new Error(`${entry} can't stand in HTML.`);
	return text;
}

const [boot, worker] = await Promise.all(["boot-script", "service-worker"].map(minify));
const hash = `sha256-${createHash("sha256").update(boot).digest("base64")}`;
const constants = { BOOT_TEXT: boot, BOOT_HASH: hash, WORKER_TEXT: worker };
const lines = Object.entries(constants).map(
	([name, text]) => `export const ${name}: string =\n\t${JSON.stringify(text)};\n`,
);
const comment =
	"/* Written by `node scripts/write-boot.mjs` from boot-script.ts and service-worker.ts. */\n";
const code = comment + lines.join("");
if (process.argv.includes("--check")) {
	if (readFileSync(PATH, "utf8") !== code) {
		console.error(`${PATH} is not that of its sources: npm run build`);
		process.exitCode = 1;
	}
} else writeFileSync(PATH, code);
