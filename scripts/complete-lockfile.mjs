/*
 * npm run lockfile: adds to package-lock.json what npm left out of it. A registry that has not (yet)
 * the binaries of every platform makes npm drop those from the lockfile without a word, and `npm ci`
 * then refuses the whole of it, on every platform. Nothing of what is added is installed here.
 */
import { readFileSync, writeFileSync } from "node:fs";

const PLATFORM =
	/(android|darwin|linux|win32|freebsd|netbsd|openbsd|sunos|aix|openharmony)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64)(-musl|-gnu)?/;
const LIBC = { "-musl": ["musl"], "-gnu": ["glibc"] };

const path = new URL("../package-lock.json", import.meta.url);
const lockfile = JSON.parse(readFileSync(path, "utf8"));
const packages = new Map(Object.entries(lockfile.packages));
const isKnown = (name) => [...packages.keys()].some((key) => key.endsWith(`node_modules/${name}`));

for (const { optionalDependencies = {} } of Object.values(lockfile.packages))
	for (const [name, version] of Object.entries(optionalDependencies)) {
		const [, os, cpu, libc] = PLATFORM.exec(name) ?? [];
		if (os === undefined || isKnown(name)) continue;
		const only = { cpu: [cpu], os: [os], ...(LIBC[libc] && { libc: LIBC[libc] }) };
		const entry = { version: version.replace(/^[\^~]/, ""), ...only, dev: true, optional: true };
		packages.set(`node_modules/${name}`, entry);
		console.log(`added ${name} ${version}`);
	}

const sorted = [...packages].sort(([a], [b]) => (a < b ? -1 : 1));
const completed = { ...lockfile, packages: Object.fromEntries(sorted) };
writeFileSync(path, `${JSON.stringify(completed, null, 2)}\n`);
