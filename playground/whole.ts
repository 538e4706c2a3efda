/* `npm run playground -- --edge full`: the whole edge, until it is told to stop. Its page is still to come. */
import { fileURLToPath } from "node:url";
import { prepareEdge } from "./edge/whole-edge.js";
import type { Settings } from "./settings.js";

/** Resolves when it has stopped. Rejects, with words for people, if a part does not start. */
export async function runWholeEdge({ port, log, clients }: Settings): Promise<void> {
	const ports = port === 0 ? { front: 0, control: 0 } : { front: port + 1, control: port + 2 };
	const edge = await prepareEdge({
		clients,
		log,
		cdnRoot: fileURLToPath(new URL("page", import.meta.url)),
		pageOrigins: [`http://localhost:${port}`, `http://127.0.0.1:${port}`],
		ports: { ...ports, edge: 0 },
	});
	const stopped = new Promise<void>((resolve, reject) => {
		let isStopping = false;
		const stop = (): void => {
			// Asked twice, whoever asks has no patience left.
			if (isStopping) process.exit(130);
			isStopping = true;
			edge.stop().then(resolve, reject);
		};
		process.on("SIGINT", stop);
		process.on("SIGTERM", stop);
	});
	const beganAt = performance.now();
	await edge.start();
	const { browser, node, hasAliases } = edge.assembly.where;
	const seconds = ((performance.now() - beganAt) / 1_000).toFixed(1);
	const aliases = hasAliases
		? ""
		: "  This machine has no loopback addresses but 127.0.0.1: PoPs are told apart by ports.\n";
	process.stdout.write(`
  Holdfast's whole edge, ready after ${seconds} s

  for pages     ${browser.endpoints.join(" ")} ${browser.api}
  for Node      ${node.endpoints.join(" ")} by the DNS server at ${node.dns}
  control API   ${edge.control.url}, X-Playground-Token: ${edge.control.token}
  CDNs          ${edge.assembly.where.cdns.join(" ")}
${aliases}  Ctrl-C stops it all.
`);
	await stopped;
}
