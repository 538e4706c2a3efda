/* The playground as a program: its help, its ports, its end. What its page does: test/browser/. */
import { connect, createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { type Program, start } from "../support/program.js";
import { until } from "../support/until.js";

const MAIN = "playground/main.ts";
/** The first of them may have to build the page. */
const PATIENCE_MS = 120_000;

function run(...args: readonly string[]): Program {
	const program = start([MAIN, ...args]);
	onTestFinished(() => program[Symbol.asyncDispose]());
	return program;
}

async function occupy(port: number): Promise<void> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
	onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
}

const isOpen = (port: string): Promise<boolean> =>
	new Promise((resolve) => {
		const socket = connect(Number(port), "127.0.0.1");
		socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
		socket.once("close", () => socket.destroy()).once("connect", () => socket.end());
	});

it(
	"explains itself",
	async () => {
		const help = run("--help");
		expect(await help.ended).toBe(0);
		expect(help.output).toMatch(/npm run playground -- \[options\]/);
		const mistakes = [
			["--port", "http"],
			["--port", "65534"],
			["--prot", "1"],
			["--port="],
			["--clients", "some"],
			["--proxy", "nginx"],
			["--log", "kafka"],
		];
		for (const args of mistakes) {
			const wrong = run(...args);
			expect(await wrong.ended).toBe(2);
			expect(wrong.output).toMatch(/Usage: /);
			expect(wrong.output).not.toMatch(/\n\s+at /);
		}
	},
	PATIENCE_MS,
);

it(
	"names a port that is in use, of the page and of what is behind it",
	async () => {
		// Below those that the system hands out: its neighbours are free.
		const port = 15_000 + (process.pid % 10_000);
		await occupy(port);
		for (const first of [port, port - 1, port - 2]) {
			const program = run("--port", `${first}`, "--clients", "0");
			expect(await program.ended).toBe(1);
			expect(program.output).toMatch(new RegExp(`Port ${port} is in use\\..*--port \\d+`));
			expect(program.output).not.toMatch(/\n\s+at /);
		}
	},
	PATIENCE_MS,
);

it(
	"stops everything at Ctrl-C, whoever listens",
	async () => {
		const program = run("--port", "0", "--clients", "4");
		await program.says(/Ctrl-C stops it all/, PATIENCE_MS);
		const shown = ["Holdfast playground", "for pages", "control API", "CDNs"].flatMap((what) => {
			const [line = ""] = new RegExp(`${what} .*`).exec(program.output) ?? [];
			return [...line.matchAll(/:\/\/[^/\s]*:(\d+)/g)].map(([, port = ""]) => port);
		});
		const ports = [...new Set(shown)];
		expect(ports.length).toBeGreaterThanOrEqual(5);
		for (const port of ports) expect(await isOpen(port)).toBe(true);
		const [, url = "", token = ""] =
			/control API +(\S+), X-Playground-Token: (\S+)/.exec(program.output) ?? [];
		// One that listens must not keep it.
		const headers = { "X-Playground-Token": token };
		const stream = await fetch(new URL("/events", url), { headers });
		expect(stream.status).toBe(200);
		program.signal("SIGINT");
		expect(await program.ended).toBe(0);
		await stream.text().catch(() => undefined);
		for (const port of ports)
			await until(async () => !(await isOpen(port)), `port ${port} to close`);
	},
	PATIENCE_MS,
);
