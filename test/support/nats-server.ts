/* A real nats-server, where there is one: $NATS_SERVER, one that is installed, or scripts/nats-server.mjs's. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";

const CACHED = fileURLToPath(
	new URL("../../node_modules/.cache/nats-server/usr/sbin/nats-server", import.meta.url),
);
const CONFIG = `
host: 127.0.0.1
port: -1
websocket { host: "127.0.0.1", port: -1, no_tls: true }
`;

export function findNatsServer(): string | null {
	const places = [process.env.NATS_SERVER, "/usr/sbin/nats-server", "/usr/bin/nats-server", CACHED];
	return places.find((path) => path && existsSync(path)) ?? null;
}

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
