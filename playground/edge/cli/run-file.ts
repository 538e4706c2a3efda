/*
 * Where a running playground says how its control API is reached, so that a command beside it finds it. It
 * has the run's token: for its owner alone, and gone when the playground has stopped.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

export interface RunningEdge {
	/** "http://127.0.0.1:4702" */
	readonly url: string;
	readonly token: string;
}

export const RUN_FILE = ".tmp/edge.json";

export async function leaveRunFile(edge: RunningEdge, path = RUN_FILE): Promise<void> {
	await mkdir(dirname(path), { recursive: true });
	// One that others may read keeps its mode when it is written to.
	await rm(path, { force: true });
	const { url, token } = edge;
	await writeFile(path, JSON.stringify({ url, token, pid: process.pid }), { mode: 0o600 });
}

/** Only our own: another playground may have been started since. */
export async function takeRunFile({ token }: RunningEdge, path = RUN_FILE): Promise<void> {
	const left = await readRunFile(path).catch(() => null);
	if (left?.token === token) await rm(path, { force: true });
}

/** Rejects with what to do. */
export async function readRunFile(path = RUN_FILE): Promise<RunningEdge> {
	const text = await readFile(path, "utf8").catch(() => null);
	if (text === null)
		throw new Error(
			`No playground runs here (there is no ${path}). Start one: npm run playground -- --edge full`,
		);
	try {
		const { url, token } = JSON.parse(text) as Partial<RunningEdge>;
		if (typeof url === "string" && URL.canParse(url) && typeof token === "string")
			return { url, token };
	} catch {
		// Said below.
	}
	throw new Error(
		`${path} is not what a playground leaves. Delete it, and start the playground anew.`,
	);
}
