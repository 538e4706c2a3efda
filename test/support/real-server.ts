/* A program that serves on a port and keeps files in a folder: it is killed, and run again where it was. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { freePort } from "./free-port.js";

export interface Served {
	readonly program: string;
	readonly args: (place: { readonly port: number; readonly folder: string }) => readonly string[];
	/** What it says when it takes connections. */
	readonly ready: RegExp;
}

export class RealServer implements AsyncDisposable {
	readonly folder: string;
	readonly #served: Served;
	#port = 0;
	#child: ChildProcess | null = null;

	private constructor(served: Served, folder: string) {
		this.#served = served;
		this.folder = folder;
	}

	static async start(served: Served): Promise<RealServer> {
		const server = new RealServer(served, await mkdtemp(join(tmpdir(), "holdfast-server-")));
		for (let tries = 0; ; tries++) {
			server.#port = await freePort();
			try {
				await server.run();
				return server;
			} catch (reason) {
				// Another process may have taken the port meanwhile.
				if (tries === 3) throw reason;
			}
		}
	}

	get port(): number {
		return this.#port;
	}

	/** On the port and in the folder that it had. */
	async run(): Promise<void> {
		const { program, args, ready } = this.#served;
		const child = spawn(program, [...args({ port: this.#port, folder: this.folder })]);
		this.#child = child;
		let said = "";
		await new Promise<void>((resolve, reject) => {
			child.once("error", reject);
			child.once("exit", () => reject(new Error(`${program} ended: ${said}`)));
			const hear = (part: Buffer): void => {
				if (said.length < 100_000) said += part;
				if (ready.test(said)) resolve();
			};
			child.stdout.on("data", hear);
			child.stderr.on("data", hear);
		});
	}

	/** SIGKILL loses what it has not written; SIGSTOP and SIGCONT leave it where it is. */
	async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
		const child = this.#child;
		this.#child = null;
		if (child === null || child.exitCode !== null || child.signalCode !== null) return;
		const exited = once(child, "exit");
		child.kill(signal);
		await exited;
	}

	async [ASYNC_DISPOSE](): Promise<void> {
		await this.kill();
		await rm(this.folder, { recursive: true, force: true });
	}
}
