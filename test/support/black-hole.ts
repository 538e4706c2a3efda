/* An address whose SYNs get no answer: a process that listens, stands still, and has its queue full. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { until } from "./until.js";

const LISTEN = `const [host, port] = process.argv.slice(1);
require("node:net").createServer().listen({ host, port: Number(port), backlog: 1 }, () => console.log("up"));`;
/** On loopback a connect takes a fraction of a millisecond. */
const UNANSWERED_MS = 300;

export async function blackHole(host: string, port: number): Promise<AsyncDisposable> {
	const child = spawn(process.execPath, ["-e", LISTEN, host, String(port)], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	await once(child.stdout, "data");
	child.kill("SIGSTOP");
	const fillers: Socket[] = [];
	await until(async () => {
		const filler = connect({ host, port }).on("error", () => undefined);
		fillers.push(filler);
		const unanswered = new Promise<boolean>((resolve) => {
			setTimeout(() => resolve(filler.connecting), UNANSWERED_MS);
		});
		return unanswered;
	}, "the queue to be full");
	return {
		async [ASYNC_DISPOSE]() {
			for (const filler of fillers) filler.destroy();
			const gone = once(child, "exit");
			child.kill("SIGKILL");
			await gone;
		},
	};
}
