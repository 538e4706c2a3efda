/* A real redis-server, and what it takes to make it lose its tail. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ServerProcess } from "../../playground/edge/tools/server-process.js";

/** Every write is on disk before it is answered, as commands that a test can read. */
const ALWAYS = ["--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no"];

export function startRedis(
	program: string,
	args: readonly string[] = ALWAYS,
): Promise<ServerProcess> {
	return ServerProcess.start({
		program,
		args: ({ port, folder }) => [
			...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""],
			...args,
		],
		ready: /ready to accept connections/i,
	});
}

export const redisUrl = ({ port }: { readonly port: number }): string =>
	`redis://127.0.0.1:${port}`;

/**
 * While it does not run: takes what its journal has of the last `lost` messages of every channel out of it, or
 * all of it.
 */
export async function forgetTail({ folder }: ServerProcess, lost: number | "all"): Promise<void> {
	const journals = join(folder, "appendonlydir");
	if (lost === "all") return rm(journals, { recursive: true, force: true });
	for (const name of (await readdir(journals)).filter((each) => each.includes(".incr."))) {
		const path = join(journals, name);
		await writeFile(path, withoutTail(await readFile(path, "latin1"), lost), "latin1");
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
