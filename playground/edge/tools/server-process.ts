/* A program that serves on a port and keeps files in a folder of its own, and ends with this process, killed or not. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { leaveWill } from "./last-will.js";

export interface Served {
	readonly program: string;
	readonly args: (place: { readonly port: number; readonly folder: string }) => readonly string[];
	/** Of the file "config" in its folder, which nobody else may read: arguments are seen by everybody. */
	readonly config?: string;
	/** What it says when it takes connections. */
	readonly ready: RegExp;
}

const READY_MS = 15_000;
const MOST_HEARD = 100_000;

export class ServerProcess implements AsyncDisposable {
	readonly folder: string;
	readonly #served: Served;
	#port = 0;
	#child: ChildProcess | null = null;

	private constructor(served: Served, folder: string) {
		this.#served = served;
		this.folder = folder;
	}

	static async start(served: Served): Promise<ServerProcess> {
		const server = new ServerProcess(served, await mkdtemp(join(tmpdir(), "holdfast-")));
		for (let tries = 0; ; tries++) {
			server.#port = await freePort();
			try {
				await server.run();
				return server;
			} catch (reason) {
				// Another process may have taken the port meanwhile.
				if (tries < 3) continue;
				await server[Symbol.asyncDispose]();
				throw reason;
			}
		}
	}

	get port(): number {
		return this.#port;
	}

	/** Whether it runs now. */
	get isRunning(): boolean {
		return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
	}

	/** On the port and in the folder that it had. Rejects with its last words when it ends, or says nothing. */
	async run(): Promise<void> {
		const { program, args, ready, config } = this.#served;
		if (config !== undefined) await writeFile(join(this.folder, "config"), config, { mode: 0o600 });
		const child = spawn(program, [...args({ port: this.#port, folder: this.folder })]);
		this.#child = child;
		const end = (): void => void child.kill("SIGKILL");
		process.once("exit", end);
		const { folder } = this;
		const settle =
			child.pid === undefined ? () => undefined : leaveWill({ pid: child.pid, folder });
		child.once("exit", () => {
			process.off("exit", end);
			settle();
		});
		let said = "";
		await new Promise<void>((resolve, reject) => {
			const fail = (why: string): void => {
				clearTimeout(timer);
				reject(new Error(`${program} ${why}: ${said.trim().split("\n").at(-1)}`));
			};
			const timer = setTimeout(() => {
				end();
				fail("did not get ready");
			}, READY_MS);
			child.once("error", ({ message }) => fail(message));
			child.once("exit", () => fail("ended"));
			const hear = (part: Buffer): void => {
				if (said.length < MOST_HEARD) said += part;
				if (!ready.test(said)) return;
				clearTimeout(timer);
				resolve();
			};
			child.stdout.on("data", hear);
			child.stderr.on("data", hear);
		});
	}

	/** Resolves when it has ended. SIGKILL loses what it has not written. */
	async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
		const child = this.#child;
		this.#child = null;
		if (child === null || child.exitCode !== null || child.signalCode !== null) return;
		const exited = once(child, "exit");
		child.kill(signal);
		await exited;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.kill();
		await rm(this.folder, { recursive: true, force: true });
	}
}
