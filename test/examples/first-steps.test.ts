import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { expect, it, onTestFinished } from "vitest";
import { start } from "../support/program.js";

const COPY = ".tmp/first-steps.ts";

it("says hello, hears itself, and gets a receipt", async () => {
	const server = start(["examples/server/main.ts"], { PORT: "0" });
	onTestFinished(() => server[Symbol.asyncDispose]());
	const [, port] = await server.says(/port: (\d+)/);
	// Its ports are written in it, as in any first program: the test's server has a free one.
	const code = await readFile("examples/first-steps/main.ts", "utf8");
	expect(code.match(/:8080\b/g)).toHaveLength(2);
	await mkdir(".tmp", { recursive: true });
	await writeFile(COPY, code.replaceAll(":8080", `:${port}`));
	onTestFinished(() => rm(COPY));
	const program = start([COPY]);
	onTestFinished(() => program[Symbol.asyncDispose]());
	await program.says(/^ada: hello$/m);
	await program.says(/^stored$/m);
});
