import { readFileSync } from "node:fs";

/*
 * Who a file belongs to, in a form that goes into a file's name: the number of a process and when it
 * was born. Numbers are used again (in containers nearly always), so a number alone proves nothing.
 */

/** What nobody's process has: the owner has put the file down. */
export const NOBODY = "0-0";

let own: string | undefined;

/** This process. */
export function thisOwner(): string {
	own ??= `${process.pid}-${birthOf(process.pid) ?? "0"}`;
	return own;
}

/** Whether that process of this machine still runs. */
export function isAlive(owner: string): boolean {
	const [pid = 0, birth] = [Number(owner.split("-")[0]), owner.split("-")[1]];
	if (!(pid > 0) || !exists(pid)) return false;
	const known = birthOf(pid);
	// Where births cannot be known, a number in use has to count.
	return known === undefined || birth === "0" || known === birth;
}

function exists(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (reason) {
		// Somebody else's process is one, too.
		return (reason as NodeJS.ErrnoException).code === "EPERM";
	}
}

/** Linux alone tells without another program: ticks since boot, and which boot that was. */
function birthOf(pid: number): string | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
		// The second field is the program's name in parentheses, and may hold anything.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8);
		// A zombie has ended; it only waits for its parent to look.
		return fields[0] === "Z" ? "zombie" : `${boot}${fields[19]}`;
	} catch {
		return undefined;
	}
}
