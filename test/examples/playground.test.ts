import { request } from "node:http";
import { connect, createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { type Program, start } from "../support/program.js";
import { until } from "../support/until.js";

const MAIN = "playground/main.ts";
/** The first of them may have to build the client. */
const PATIENCE_MS = 90_000;

function run(...args: readonly string[]): Program {
	const program = start([MAIN, ...args]);
	onTestFinished(() => program[Symbol.asyncDispose]());
	return program;
}

interface Page {
	readonly program: Program;
	readonly url: URL;
	readonly token: string;
	readonly api: string;
	readonly endpoints: readonly string[];
}

async function open(): Promise<Page> {
	const program = run("--port", "0");
	// It may have to build the client first.
	const [text] = await program.says(/http:\/\/127\.0\.0\.1:\d+\//, PATIENCE_MS);
	const html = await (await fetch(text)).text();
	const [, json = ""] = /name="playground-run" content="([^"]*)"/.exec(html) ?? [];
	return { program, url: new URL(text), ...JSON.parse(json.replaceAll("&quot;", '"')) };
}

interface Asked {
	readonly status: number;
	readonly body: string;
}

/** Not by fetch, which lets nobody choose Host and Origin. */
function ask(
	{ url, token }: Page,
	changes: Readonly<Record<string, string | undefined>> = {},
	{ method = "POST", body = '{"target":"api","verb":"kill"}', path = "/control" } = {},
): Promise<Asked> {
	const usual = { Host: url.host, Origin: url.origin, "X-Playground-Token": token };
	const headers = Object.entries({ ...usual, ...changes }).filter(
		([, value]) => value !== undefined,
	);
	return new Promise((resolve, reject) => {
		const sent = request(
			{ port: url.port, path, method, headers: Object.fromEntries(headers) as never },
			(response) => {
				let text = "";
				response.setEncoding("utf8").on("data", (chunk: string) => {
					text += chunk;
				});
				response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
			},
		);
		sent.on("error", reject).end(method === "GET" ? undefined : body);
	});
}

async function occupy(port: number): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
	onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
	return (server.address() as { port: number }).port;
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
		for (const args of [["--port", "http"], ["--port", "65533"], ["--prot", "1"], ["--port="]]) {
			const wrong = run(...args);
			expect(await wrong.ended).toBe(2);
			expect(wrong.output).toMatch(/Usage: /);
			expect(wrong.output).not.toMatch(/\n\s+at /);
		}
	},
	PATIENCE_MS,
);

it(
	"names the port that is in use, and whose it is",
	async () => {
		// Below those that the system hands out: its neighbours are free.
		const port = await occupy(15_000 + (process.pid % 10_000));
		const page = run("--port", `${port}`);
		expect(await page.ended).toBe(1);
		expect(page.output).toMatch(
			new RegExp(`Port ${port} \\(of the page\\) is in use\\..*--port \\d+`),
		);
		const backup = run("--port", `${port - 2}`);
		expect(await backup.ended).toBe(1);
		expect(backup.output).toMatch(new RegExp(`Port ${port} \\(of the backup\\) is in use`));
	},
	PATIENCE_MS,
);

it(
	"takes orders from its own page alone",
	async () => {
		const page = await open();
		const refused: readonly (readonly [number, Promise<Asked>])[] = [
			[405, ask(page, {}, { method: "GET" })],
			[405, ask(page, {}, { method: "PUT" })],
			// A name of somebody else's that leads here: DNS rebinding.
			[403, ask(page, { Host: `evil.test:${page.url.port}` })],
			[403, ask(page, { Host: `evil.test:${page.url.port}` }, { method: "GET", path: "/" })],
			[403, ask(page, { Origin: undefined })],
			[403, ask(page, { Origin: "https://evil.test" })],
			[403, ask(page, { Origin: "null" })],
			[403, ask(page, { "X-Playground-Token": undefined })],
			[403, ask(page, { "X-Playground-Token": page.token.replace(/^./, "~") })],
			[400, ask(page, {}, { body: '{"target":"api","verb":"drain"}' })],
			[400, ask(page, {}, { body: '{"target":"__proto__","verb":"kill"}' })],
			[400, ask(page, {}, { body: "[" })],
			[400, ask(page, {}, { body: " ".repeat(2_000) })],
			[404, ask(page, {}, { method: "GET", path: "/../package.json" })],
		];
		for (const [status, asked] of refused) expect(await asked).toMatchObject({ status });
		const health = (): Promise<number> =>
			fetch(`${page.api}/health`).then(
				({ status }) => status,
				() => 0,
			);
		expect(await health()).toBe(200);
		expect(await ask(page)).toMatchObject({ status: 204 });
		expect(await health()).toBe(0);
		expect(await ask(page, {}, { body: '{"target":"api","verb":"restore"}' })).toMatchObject({
			status: 204,
		});
		expect(await health()).toBe(200);
	},
	PATIENCE_MS,
);

it(
	"stops everything at Ctrl-C",
	async () => {
		const { program, url, endpoints, api } = await open();
		const ports = [url, ...endpoints, api].map((address) => new URL(address).port);
		expect(new Set(ports).size).toBe(4);
		for (const port of ports) expect(await isOpen(port)).toBe(true);
		// A page that listens must not keep it.
		const stream = await fetch(new URL("/edge", url));
		program.signal("SIGINT");
		expect(await program.ended).toBe(0);
		await stream.text().catch(() => undefined);
		for (const port of ports)
			await until(async () => !(await isOpen(port)), `port ${port} to close`);
	},
	PATIENCE_MS,
);
