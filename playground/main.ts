/* `npm run playground`: see README.md beside this file, or --help. */
import { build, isBuilt } from "./browser-build.js";
import { Edge, TARGETS } from "./edge/edge.js";
import { PageServer } from "./page-server.js";
import { HELP, readSettings, type Settings } from "./settings.js";
import { runWholeEdge } from "./whole.js";

const NAMES = ["the page", "the primary", "the backup", "the HTTP half"];

function readArguments(): Settings {
	try {
		const settings = readSettings(process.argv.slice(2));
		if (settings !== "help") return settings;
		process.stdout.write(HELP);
		process.exit(0);
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
		process.exit(2);
	}
}

function fail(message: string): never {
	process.stderr.write(`${message}\n`);
	process.exit(1);
}

/** What to do about a port that is taken, in words. */
function explain(error: NodeJS.ErrnoException & { readonly port?: number }, first: number): string {
	const { code, port = first } = error;
	if (code !== "EADDRINUSE" && code !== "EACCES") return `The playground did not start: ${error}`;
	const why = code === "EACCES" ? "may not be used" : "is in use";
	const whose = NAMES[port - first] ?? "the playground";
	const other = first === 4800 ? 4900 : 4800;
	return `Port ${port} (of ${whose}) ${why}. Choose others: npm run playground -- --port ${other}`;
}

const settings = readArguments();
if (settings.edge === "full") {
	await runWholeEdge(settings).catch((error: Error) => fail(error.message));
	process.exit(0);
}
const { port } = settings;
if (!(await isBuilt())) {
	process.stdout.write("Building the client for browsers…\n");
	await build().catch((error: Error) => fail(`The build failed:\n${error.message}`));
}

const edge: Edge = new Edge(() => page.origins);
const page = new PageServer(edge);
await page
	.listen(port)
	.then(() => edge.start(port === 0 ? 0 : port + 1))
	.catch((error: NodeJS.ErrnoException) => fail(explain(error, port)));

process.stdout.write(`
  Holdfast playground   ${page.url}

  Open it in two windows and chat. Then press the buttons on the right:
  kill the primary, swallow WebSockets, drain, take the HTTP half down too.
  No message is lost or comes twice; the banner says what is known meanwhile.

  ${TARGETS.map((target) => `${target} ${edge.port(target)}`).join(" · ")}
  Ctrl-C stops it all.
`);

let isStopping = false;
async function stop(): Promise<void> {
	// Asked twice, whoever asks has no patience left.
	if (isStopping) process.exit(130);
	isStopping = true;
	await Promise.all([page.stop(), edge.stop()]);
	process.exit(0);
}
process.on("SIGINT", () => void stop());
process.on("SIGTERM", () => void stop());
