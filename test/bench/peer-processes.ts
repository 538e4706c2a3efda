/* The processes of the bench of peers. */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { beside, Child, compileProcesses } from "../support/processes.js";
import type { ClientTask, FromClient, ToClient } from "./peer-client-process.js";
import type { FromServer, ToServer } from "./peer-server-process.js";
import type { PeerName } from "./peers/names.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Of this process alone: a test may run beside it. Inside the project, where its packages are found. */
const FOLDER = `${ROOT}.tmp/peers-${process.pid}/`;
const OURS: Readonly<Record<string, string>> = {
	holdfast: `${ROOT}src/index.ts`,
	"holdfast/server": `${ROOT}src/server.ts`,
	"holdfast/server/node": `${ROOT}src/server-node.ts`,
};

/** Of ours the sources; all packages as Node finds them. */
const packagesStayOutside: Plugin = {
	name: "packages stay outside",
	setup: ({ onResolve }) => {
		onResolve({ filter: /^[@a-z]/ }, ({ path }) => {
			const own = OURS[path];
			return own === undefined ? { path, external: true } : { path: own };
		});
	},
};

export async function compile(): Promise<void> {
	process.once("exit", () => rmSync(FOLDER, { recursive: true, force: true }));
	const names = ["peer-server-process.ts", "peer-client-process.ts"];
	const options = { splitting: true, plugins: [packagesStayOutside] };
	await compileProcesses(beside(import.meta.url, names), FOLDER, options);
}

export type ServerChild = Child<ToServer, FromServer>;
export type ClientChild = Child<ToClient, FromClient>;

export async function startServer(
	peer: PeerName,
): Promise<{ readonly server: ServerChild; readonly port: number }> {
	const server: ServerChild = new Child(`${FOLDER}peer-server-process.mjs`, peer);
	const { port } = await server.said("ready");
	return { server, port };
}

export function startClient(
	task: Partial<ClientTask> & Pick<ClientTask, "peer" | "urls" | "what">,
): ClientChild {
	const whole: ClientTask = { clients: 1, messages: 0, warmUp: 1, ...task };
	return new Child(`${FOLDER}peer-client-process.mjs`, JSON.stringify(whole));
}
