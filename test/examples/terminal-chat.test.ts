import { expect, it, onTestFinished } from "vitest";
import { type Program, start } from "../support/program.js";

const CHAT = "examples/terminal-chat/main.ts";

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Program {
	const program = start(args, environment);
	onTestFinished(() => program[Symbol.asyncDispose]());
	return program;
}

function join(name: string, port: string): Program {
	const at = `127.0.0.1:${port}/realtime`;
	return run([CHAT, "--name", name, "--url", `ws://${at}`, "--api", `http://${at}`]);
}

it("carries lines both ways, once each, and through the death of the server", async () => {
	const first = run(["examples/server/main.ts"], { PORT: "0" });
	const [, port = ""] = await first.says(/port: (\d+)/);
	const [ada, lin] = [join("ada", port), join("lin", port)];
	await Promise.all([ada.says(/\* connected/), lin.says(/\* connected/)]);
	ada.type("hello");
	await lin.says(/^ada: hello$/m);
	lin.type("hello yourself");
	await ada.says(/^lin: hello yourself$/m);

	await first[Symbol.asyncDispose]();
	ada.type("is anybody there?");
	await Promise.all([ada, lin].map((program) => program.says(/\* (reconnecting|no )/)));
	const second = run(["examples/server/main.ts"], { PORT: port });
	await second.says(/port: \d+/);
	await lin.says(/^ada: is anybody there\?$/m);
	ada.endInput();
	expect(await ada.ended).toBe(0);
	// The end of input sends what is left and leaves.
	lin.type("goodbye");
	lin.endInput();
	expect(await lin.ended).toBe(0);
	expect(lin.output.match(/^ada: /gm)).toHaveLength(2);
	expect(ada.output).not.toMatch(/^ada: /m);
}, 90_000);

it("explains itself when options are missing or make no sense", async () => {
	const nameless = run([CHAT]);
	expect(await nameless.ended).toBe(2);
	expect(nameless.output).toMatch(/--name and --url are needed/);
	const wrong = run([CHAT, "--name", "ada", "--url", "http://127.0.0.1/"]);
	expect(await wrong.ended).toBe(2);
	expect(wrong.output).toMatch(/wss?:\/\//);
});

it("ends with the reason when the server will not have it", async () => {
	const server = run(["examples/server/main.ts"], { PORT: "0" });
	const [, port = ""] = await server.says(/port: (\d+)/);
	// No token at all is none that the server takes.
	const nobody = join("", port);
	expect(await nobody.ended).toBe(1);
	expect(nobody.output).toMatch(/\* .*no token/);
});
