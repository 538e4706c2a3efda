/* Envoy's own word on a configuration, before it is installed: its exit code, and what it warns of. */
import { execFile } from "node:child_process";
import { missingTool } from "../../tools/find-tool.js";

const PATIENCE_MS = 20_000;
/** A list that is refused leaves exit code 0. */
const REFUSED = /\[(?:warning|error|critical)\]|update failure|rejected/;

/** Rejects with Envoy's first complaint. Binds no port, so it may run beside a live one. */
export function validate(envoy: string, bootstrap: string): Promise<void> {
	const args = ["--mode", "validate", "-c", bootstrap, "-l", "warning"];
	return new Promise((resolve, reject) => {
		execFile(envoy, args, { timeout: PATIENCE_MS }, (error, _, stderr) => {
			const complaint = stderr.split("\n").find((line) => REFUSED.test(line));
			if (error === null && complaint === undefined) return resolve();
			if (error?.code === "ENOENT") return reject(new Error(missingTool("envoy")));
			const why = complaint ?? stderr.trim().split("\n").at(-1);
			reject(new Error(`Envoy refuses its configuration: ${why || "it ended without a word"}`));
		});
	});
}
