/* A real redis-server on a port of its own, that is killed, restarted, and made to lose its tail. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { freePort } from "./free-port.js";

/** Every write is on disk before it is answered, as commands that a test can read. */
const ALWAYS = ["--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no"];

export class RedisServer implements AsyncDisposable {
	readonly folder: string;
	#port = 0;
	readonly #program: string;
	readonly #args: readonly string[];
	#child: ChildProcess | null = null;

	private constructor(program: string, folder: string, args: readonly string[]) {
		this.#program = program;
		this.folder = folder;
		this.#args = args;
	}

	static async start(program: string, args: readonly string[] = ALWAYS): Promise<RedisServer> {
		const folder = await mkdtemp(join(tmpdir(), "holdfast-redis-"));
		const server = new RedisServer(program, folder, args);
		for (let tries = 0; ; tries++) {
			server.#port = await freePort();
			const failure = await server.run().then(
				() => null,
				(reason: unknown) => reason,
			);
			if (failure === null) return server;
			if (tries === 5) throw failure;
		}
	}

	get port(): number {
		return this.#port;
	}

	get url(): string {
		return `redis://127.0.0.1:${this.#port}`;
	}

	/** On the port and the folder that it had. */
	async run(): Promise<void> {
		const where = ["--port", String(this.#port), "--bind", "127.0.0.1", "--dir", this.folder];
		const child = spawn(this.#program, [...where, "--save", "", ...this.#args], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		this.#child = child;
		let said = "";
		await new Promise<void>((resolve, reject) => {
			child.once("error", reject);
			child.once("exit", () => reject(new Error(`redis-server ended: ${said}`)));
			child.stdout?.on("data", (part) => {
				said += part;
				if (said.includes("Ready to accept connections") || said.includes("ready to accept"))
					resolve();
			});
		});
		child.stdout?.resume();
	}

	async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
		const child = this.#child;
		this.#child = null;
		if (child === null || child.exitCode !== null || child.signalCode !== null) return;
		const exited = once(child, "exit");
		child.kill(signal);
		await exited;
	}

	/** Takes what its journal has of the last `lost` messages of every channel out of it, or all of it. */
	async forget(lost: number | "all"): Promise<void> {
		const folder = join(this.folder, "appendonlydir");
		if (lost === "all") return rm(folder, { recursive: true, force: true });
		for (const name of (await readdir(folder)).filter((each) => each.includes(".incr."))) {
			const path = join(folder, name);
			await writeFile(path, withoutTail(await readFile(path, "latin1"), lost), "latin1");
		}
	}

	async [ASYNC_DISPOSE](): Promise<void> {
		await this.kill();
		await rm(this.folder, { recursive: true, force: true });
	}
}

interface Step {
	readonly text: string;
	/** Of the messages that it adds. */
	readonly stream: string | null;
}

function withoutTail(journal: string, lost: number): string {
	const steps = readSteps(journal);
	const left = new Map<string, number>();
	const kept = steps.reverse().filter(({ stream }) => {
		if (stream === null) return true;
		const still = left.get(stream) ?? lost;
		left.set(stream, still - 1);
		return still <= 0;
	});
	return kept
		.reverse()
		.map(({ text }) => text)
		.join("");
}

/** A transaction is one step, as a script is. */
function readSteps(journal: string): Step[] {
	const steps: Step[] = [];
	let open: { text: string; stream: string | null } | null = null;
	for (let at = 0; at < journal.length; ) {
		const begin = at;
		const line = (): number => {
			const end = journal.indexOf("\r\n", at);
			const value = Number(journal.slice(at + 1, end));
			at = end + 2;
			return value;
		};
		const words = Array.from({ length: line() }, () => {
			const length = line();
			at += length + 2;
			return journal.slice(at - length - 2, at - 2);
		});
		const [verb, key] = words.map((word) => word.toUpperCase());
		const text = journal.slice(begin, at);
		if (verb === "MULTI") open = { text: "", stream: null };
		const step: { text: string; stream: string | null } = open ?? { text: "", stream: null };
		step.text += text;
		if (verb === "XADD") step.stream = key ?? null;
		if (open === null || verb === "EXEC") {
			steps.push(step);
			open = null;
		}
	}
	return steps;
}
