/* A program of the project, run as a person runs it: a process of its own, with input and output. */
import { type ChildProcess, spawn } from "node:child_process";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { until } from "./until.js";

export interface Program extends AsyncDisposable {
	/** All that it has printed, standard error too. */
	readonly output: string;
	/** Resolves with the match once its output has one. Rejects if it ends without. */
	says(pattern: RegExp, patienceMs?: number): Promise<RegExpMatchArray>;
	type(line: string): void;
	/** Ends its input. */
	endInput(): void;
	signal(signal: NodeJS.Signals): void;
	/** Its exit code; null: a signal ended it. */
	readonly ended: Promise<number | null>;
}

/** Starts `node <args>` in the project's folder, through tsx where the first is TypeScript. */
export function start(
	args: readonly string[],
	environment: Readonly<Record<string, string>> = {},
): Program {
	const loader = args[0]?.endsWith(".ts") ? ["--import", "tsx"] : [];
	const child = spawn(process.execPath, [...loader, ...args], {
		env: { ...process.env, ...environment },
		stdio: ["pipe", "pipe", "pipe"],
	});
	return new Running(child, args.join(" "));
}

class Running implements Program {
	output = "";
	readonly ended: Promise<number | null>;
	readonly #child: ChildProcess;
	readonly #name: string;
	#isOver = false;

	constructor(child: ChildProcess, name: string) {
		this.#child = child;
		this.#name = name;
		for (const stream of [child.stdout, child.stderr])
			stream?.setEncoding("utf8").on("data", (text: string) => {
				this.output += text;
			});
		this.ended = new Promise((resolve) => child.once("close", resolve));
		void this.ended.then(() => {
			this.#isOver = true;
		});
	}

	says(pattern: RegExp, patienceMs = 30_000): Promise<RegExpMatchArray> {
		const look = (): RegExpMatchArray | null => {
			const match = pattern.exec(this.output);
			if (match === null && this.#isOver)
				throw new Error(`${this.#name} ended, and never said ${pattern}:\n${this.output}`);
			return match;
		};
		return until(look, `${this.#name} to say ${pattern}`, patienceMs);
	}

	type(line: string): void {
		this.#child.stdin?.write(`${line}\n`);
	}

	endInput(): void {
		this.#child.stdin?.end();
	}

	signal(signal: NodeJS.Signals): void {
		this.#child.kill(signal);
	}

	async [ASYNC_DISPOSE](): Promise<void> {
		if (this.#isOver) return;
		this.#child.kill("SIGKILL");
		await this.ended;
	}
}
