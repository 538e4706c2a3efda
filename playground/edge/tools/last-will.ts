/*
 * What is done where this process is killed and can do nothing itself: another one is ended, and its folder
 * removed. A shell waits at the end of a pipe; whatever becomes of us, the system closes our side of it.
 *
 *    waiting ── a line: it is settled ──▶ gone
 *       ╰────── the end of the pipe ────▶ SIGKILL, the folder is removed, gone
 */
import { spawn } from "node:child_process";
import type { Socket } from "node:net";

export interface LastWill {
	readonly pid: number;
	/** Absolute. Undefined: nothing is removed. */
	readonly folder: string | undefined;
}

/** What was killed may have been writing still. */
const SCRIPT = `read -r settled && exit 0
kill -9 "$1"
[ -z "$2" ] && exit 0
rm -rf "$2"; sleep 1; rm -rf "$2"`;

/** Until what it returns is called. Where there is no shell, it does nothing. */
export function leaveWill({ pid, folder = "" }: LastWill): () => void {
	const shell = spawn("sh", ["-c", SCRIPT, "last-will", String(pid), folder], {
		stdio: ["pipe", "ignore", "ignore"],
		// A group of its own: who kills ours, as a terminal does, leaves it alone.
		detached: true,
	});
	shell.on("error", () => undefined);
	shell.unref();
	const pipe = shell.stdin as Socket;
	pipe.on("error", () => undefined);
	pipe.unref();
	return () => void pipe.end("settled\n");
}
