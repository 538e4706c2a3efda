/*
 * Where the programs are that the edge is made of: in `.tools/bin`, which `npm run edge:install` fills, else
 * on PATH, else where Debian puts servers, which the PATH of whoever is not root leaves out.
 */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const TOOLS_FOLDER = fileURLToPath(new URL("../../../.tools/", import.meta.url));

/** What each is asked to make it say its version, and what becomes of those who have none. */
const QUESTIONS = {
	envoy: "--version",
	haproxy: "-v",
	"redis-server": "--version",
	"nats-server": "--version",
	dig: "-v",
} as const;

export type ToolName = keyof typeof QUESTIONS;

export interface Tool {
	readonly path: string;
	/** As it says itself: "1.40.0". */
	readonly version: string;
}

export const TOOL_NAMES = Object.keys(QUESTIONS) as readonly ToolName[];

/** Undefined: it is not here, or does not start. */
export async function findTool(name: ToolName): Promise<Tool | undefined> {
	const onPath = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
	for (const folder of [join(TOOLS_FOLDER, "bin"), ...onPath, "/usr/sbin", "/usr/bin"]) {
		const path = join(folder, name);
		const version = await askVersion(path, QUESTIONS[name]);
		if (version !== undefined) return { path, version };
	}
	return undefined;
}

/** The one line for whoever needs a tool that is not here. */
export function missingTool(name: ToolName): string {
	return `${name} is not installed here. Get it with: npm run edge:install ${name}`;
}

async function askVersion(path: string, question: string): Promise<string | undefined> {
	try {
		await access(path, constants.X_OK);
		const { stdout, stderr } = await promisify(execFile)(path, [question]);
		return /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0];
	} catch {
		return undefined;
	}
}
