/*
 * What the test run came to, from vitest's JSON report: one line, "N passed, N failed", and exit 1 if
 * anything failed, was skipped or left to do, or if nothing ran: a suite that ran nothing proves nothing.
 */
import { readFileSync } from "node:fs";

const [path = ".tmp/vitest.json"] = process.argv.slice(2);

function readReport() {
	try {
		return JSON.parse(readFileSync(path, "utf8"));
	} catch {
		console.error(`No test report at ${path}: the tests did not run to their end.`);
		return { testResults: [] };
	}
}

const files = readReport().testResults;
const tests = files.flatMap((file) =>
	file.assertionResults.map((test) => ({ ...test, file: file.name })),
);
const count = (...statuses) => tests.filter((test) => statuses.includes(test.status)).length;

/** A file that fails outside its tests (an import, a hook) has no test that says so. */
const broken = files.filter(
	(file) =>
		file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
);
const passed = count("passed");
const failed = count("failed") + broken.length;
const skipped = tests.length - passed - count("failed");

for (const file of broken) console.error(`Failed outside its tests: ${file.name}`);
for (const test of tests) {
	if (test.status !== "passed") console.error(`${test.status}: ${test.file}: ${test.fullName}`);
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = passed === 0 || failed > 0 || skipped > 0 ? 1 : 0;
