import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { bootHash, bootText, serviceWorkerText } from "../../src/boot.js";

it("the inline script's text in the repository is that of its sources", () => {
	const args = ["scripts/write-boot.mjs", "--check"];
	const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
	expect([status, stderr]).toEqual([0, ""]);
});

it("S21: the inline script is at most 1.5 kB, and imports nothing", () => {
	expect(gzipSync(bootText, { level: 9 }).length).toBeLessThanOrEqual(1_500);
	expect(bootText).not.toMatch(/\bimport\s*["'{*(]|\brequire\(|\beval\b|new Function/);
});

it("its hash is the one that a policy wants, and neither text ends a tag", () => {
	const digest = createHash("sha256").update(bootText).digest("base64");
	expect(bootHash).toBe(`sha256-${digest}`);
	expect(bootText + serviceWorkerText).not.toMatch(/<\/script|<!--/i);
});
