/*
 * node scripts/nats-server.mjs: gets nats-server from Debian's packages, without root, for the tests of the
 * drop-ins inside NATS. Without it they run against a small server that speaks the protocol.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../node_modules/.cache/nats-server/", import.meta.url));
const program = join(folder, "usr/sbin/nats-server");

if (!existsSync(program)) {
	mkdirSync(folder, { recursive: true });
	const run = (command, ...args) => execFileSync(command, args, { cwd: folder, stdio: "inherit" });
	run("apt-get", "download", "nats-server");
	const archive = readdirSync(folder).find((name) => name.endsWith(".deb"));
	run("dpkg", "-x", archive, folder);
}
console.log(program);
