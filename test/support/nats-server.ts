/* A real nats-server, with a WebSocket. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";

const CONFIG = `
host: 127.0.0.1
port: -1
websocket { host: "127.0.0.1", port: -1, no_tls: true }
`;

/** Resolves with the port of its WebSocket. */
export async function startNatsServer(
	program: string,
): Promise<{ readonly port: number } & AsyncDisposable> {
	const folder = await mkdtemp(join(tmpdir(), "holdfast-nats-"));
	const config = join(folder, "nats.conf");
	await writeFile(config, CONFIG);
	const child = spawn(program, ["-c", config], { stdio: ["ignore", "ignore", "pipe"] });
	const exited = new Promise((resolve) => child.once("exit", resolve));
	const port = await new Promise<number>((resolve, reject) => {
		let log = "";
		child.once("error", reject);
		child.once("exit", () => reject(new Error(log)));
		child.stderr.on("data", (part) => {
			log += part;
			const [, found] = /websocket clients on ws:\/\/127\.0\.0\.1:(\d+)/.exec(log) ?? [];
			if (found) resolve(Number(found));
		});
	});
	return {
		port,
		[ASYNC_DISPOSE]: async () => {
			child.kill();
			await exited;
			await rm(folder, { recursive: true });
		},
	};
}
