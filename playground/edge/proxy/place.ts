/* Files that a proxy reads while it runs: never half-written, readable by nobody else. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

let count = 0;

/** Written beside, then renamed into place. Both have to be on one file system. */
export async function place(staging: string, path: string, text: string): Promise<void> {
	await mkdir(staging, { recursive: true, mode: 0o700 });
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	const draft = join(staging, `draft-${++count}`);
	await writeFile(draft, text, { mode: 0o600 });
	await rename(draft, path).catch(async (error: unknown) => {
		await rm(draft, { force: true });
		throw error;
	});
}
