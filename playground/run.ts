/* The whole of it: the page's server, the edge behind it, until it is told to stop. */
import { leaveRunFile, takeRunFile } from "./edge/cli/run-file.js";
import { prepareEdge, type WholeEdge } from "./edge/whole-edge.js";
import { BUILD_FOLDER, buildPage, isBuilt } from "./page-build.js";
import { PageServer } from "./page-server.js";
import type { Settings } from "./settings.js";

/** Of the drain daemon, one line each in JSON; beside the run file, and kept over runs. */
const AUDIT_FILE = ".tmp/edge-audit.jsonl";

const say = (words: string): void => void process.stdout.write(words);

/** Resolves when it has stopped. Rejects, with words for people, if a part does not start. */
export async function runPlayground({
	port,
	clients,
	log,
	proxy,
	newArm,
}: Settings): Promise<void> {
	const page = new PageServer();
	// First of all: the edge must know from which origin its page comes.
	await page.listen(port).catch((error: Error) => refuse(error, port));
	await makePage();
	const ports = port === 0 ? { front: 0, control: 0 } : { front: port + 1, control: port + 2 };
	const edge = await prepareEdge({
		clients,
		log,
		proxy,
		newArm,
		cdnRoot: BUILD_FOLDER,
		pageOrigins: page.origins,
		ports: { ...ports, edge: 0 },
		auditFile: AUDIT_FILE,
	});
	page.show(edge);
	const stopped = untilStopped(async () => {
		await Promise.all([page.stop(), edge.stop()]);
	});
	const beganAt = performance.now();
	await edge.start().catch((error: Error) => refuse(error, port));
	await leaveRunFile(edge.control);
	welcome(page, edge, performance.now() - beganAt);
	await stopped;
	await takeRunFile(edge.control);
}

async function makePage(): Promise<void> {
	if (await isBuilt()) return;
	say("Building the page…");
	const beganAt = performance.now();
	await buildPage();
	say(` ${((performance.now() - beganAt) / 1_000).toFixed(1)} s\n`);
}

function welcome({ url }: PageServer, { assembly, control }: WholeEdge, startedInMs: number): void {
	const { browser, node, cdns, hasAliases } = assembly.where;
	const aliases = hasAliases
		? ""
		: "\n  This machine has no loopback addresses but 127.0.0.1: PoPs are told apart by ports.\n";
	say(`
  Holdfast playground   ${url}

  Two chats on the left, the edge behind them on the right: click a part to break it, or let
  a story do it. No message is lost or comes twice; the line on top counts.

  for pages     ${browser.endpoints.join(" ")} ${browser.api}
  for Node      ${node.endpoints.join(" ")} by the DNS server at ${node.dns}
  control API   ${control.url}, X-Playground-Token: ${control.token}
  CDNs          ${cdns.join(" ")}
${aliases}
  The edge was up after ${(startedInMs / 1_000).toFixed(1)} s. Ctrl-C stops it all.
`);
}

function untilStopped(end: () => Promise<void>): Promise<void> {
	return new Promise((resolve, reject) => {
		let isStopping = false;
		const stop = (): void => {
			// Asked twice, whoever asks has no patience left.
			if (isStopping) process.exit(130);
			isStopping = true;
			end().then(resolve, reject);
		};
		process.on("SIGINT", stop);
		process.on("SIGTERM", stop);
	});
}

/** What to do about a port that is taken, in words. */
function refuse(error: Error & { readonly code?: string }, first: number): never {
	const { code, port } = { ...error, ...(error.cause as { code?: string; port?: number }) };
	if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
	const why = code === "EACCES" ? "may not be used" : "is in use";
	const other = first === 4800 ? 4900 : 4800;
	throw new Error(
		`Port ${port ?? first} ${why}. Choose others: npm run playground -- --port ${other}`,
	);
}
