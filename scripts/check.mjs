/*
 * Every check of the project, or those named as arguments, one after the other: all run even if one
 * fails, so that one run tells all. Ends with a line for each, and exits with 1 if any failed.
 */
import { spawnSync } from "node:child_process";

const CHECKS = ["lint", "types", "test", "package", "size", "knip", "docs"];

const named = process.argv.slice(2);
const lines = (named.length > 0 ? named : CHECKS).map((check) => {
	console.log(`\n── npm run ${check}`);
	const startedAt = performance.now();
	// No standard input: nothing may ask.
	const { status } = spawnSync("npm", ["run", "--silent", check], {
		stdio: ["ignore", "inherit", "inherit"],
	});
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
	if (status !== 0) process.exitCode = 1;
	return `${status === 0 ? "ok    " : "FAILED"} ${check.padEnd(8)} ${seconds.padStart(7)} s`;
});
console.log(`\n${lines.join("\n")}`);
