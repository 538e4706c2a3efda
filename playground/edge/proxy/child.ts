/*
 * A process of the edge that is no Node. What it says is kept, its last lines; when we end, so does it, also
 * where we are killed.
 *
 *    running ── end ──▶ asked (SIGTERM) ── patience ──▶ killed
 *       ╰──────────── by itself ─────────────▶ ended, with its last words
 */
import { type ChildProcess, spawn } from "node:child_process";
import { leaveWill } from "../tools/last-will.js";

export interface ChildOptions {
	readonly path: string;
	readonly args: readonly string[];
	/** Of its own: where we are killed, it is removed. */
	readonly folder: string;
	/** Every line of its standard output, as soon as it is whole. */
	readonly said?: (line: string) => void;
}

export interface Ended {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
}

const KEPT_LINES = 40;
const PATIENCE_MS = 5_000;

const alive = new Set<ChildProcess>();
process.on("exit", () => {
	for (const each of alive) each.kill("SIGKILL");
});

export class Child {
	readonly pid: number;
	/** Resolves when it is gone. */
	readonly ended: Promise<Ended>;
	#end: Ended | null = null;
	readonly #process: ChildProcess;
	readonly #lines: string[] = [];

	constructor({ path, args, folder, said = () => undefined }: ChildOptions) {
		const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"] });
		this.#process = child;
		this.pid = child.pid ?? 0;
		alive.add(child);
		const settle =
			child.pid === undefined ? () => undefined : leaveWill({ pid: child.pid, folder });
		const keep = (line: string): void => {
			this.#lines.push(line);
			if (this.#lines.length > KEPT_LINES) this.#lines.shift();
		};
		eachLine(child.stderr, keep);
		eachLine(child.stdout, said);
		this.ended = new Promise((resolve) => {
			const end = (code: number | null, signal: NodeJS.Signals | null): void => {
				alive.delete(child);
				settle();
				this.#end ??= { code, signal };
				resolve(this.#end);
			};
			child.once("error", (error) => {
				keep(error.message);
				end(null, null);
			});
			child.once("close", end);
		});
	}

	/** Null while it runs. */
	get end(): Ended | null {
		return this.#end;
	}

	/** On standard error. */
	get lastWords(): readonly string[] {
		return this.#lines;
	}

	signal(signal: NodeJS.Signals): void {
		if (this.#end === null) this.#process.kill(signal);
	}

	/** Resolves when it is gone, killed if it doesn't go. */
	async stop(): Promise<void> {
		this.signal("SIGTERM");
		const timer = setTimeout(() => this.signal("SIGKILL"), PATIENCE_MS);
		await this.ended;
		clearTimeout(timer);
	}

	async kill(): Promise<void> {
		this.signal("SIGKILL");
		await this.ended;
	}
}

function eachLine(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
	let rest = "";
	stream?.setEncoding("utf8").on("data", (text: string) => {
		const lines = (rest + text).split("\n");
		rest = lines.pop() ?? "";
		for (const line of lines) take(line);
	});
	stream?.on("end", () => {
		if (rest !== "") take(rest);
	});
}
