import { expect, it, onTestFinished } from "vitest";
import { start } from "../support/program.js";

it("follows its name to another address, make before break, and misses no message", async () => {
	const program = start(["examples/dns-drain/main.ts"], { SPEED: "10" });
	onTestFinished(() => program[Symbol.asyncDispose]());
	await program.says(/connected to wss-primary\.test at 127\.0\.0\.2/);
	await program.says(/leads to 127\.0\.0\.3 now/, 60_000);
	await program.says(/connected to wss-primary\.test at 127\.0\.0\.3/, 90_000);
	const [, got, sent] = await program.says(/moves: 1, messages: (\d+) of (\d+)/);
	expect(got).toBe(sent);
	expect(Number(sent)).toBeGreaterThan(10);
	expect(await program.ended).toBe(0);
}, 180_000);
