/* Processes of the bench as plain JavaScript, as a user's would be: a loader that compiles on the way costs heap and time. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { ClientTask, FromClient, ToClient } from "./peer-client-process.js";
import type { FromServer, ToServer } from "./peer-server-process.js";
import type { PeerName } from "./peers/names.js";

/** Of this process alone: a test may run beside it. Inside the project, where its packages are found. */
const FOLDER = fileURLToPath(new URL(`../../.tmp/peers-${process.pid}/`, import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Of ours the sources; all packages as Node finds them. */
export async function compile(): Promise<void> {
	process.once("exit", () => rmSync(FOLDER, { recursive: true, force: true }));
	const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
	const ours = {
		holdfast: `${ROOT}src/index.ts`,
		"holdfast/server": `${ROOT}src/server.ts`,
		"holdfast/server/node": `${ROOT}src/server-node.ts`,
	};
	await build({
		entryPoints: [at("peer-server-process.ts"), at("peer-client-process.ts")],
		outdir: FOLDER,
		outExtension: { ".js": ".mjs" },
		bundle: true,
		splitting: true,
		format: "esm",
		platform: "node",
		target: "node20",
		logLevel: "silent",
		plugins: [
			{
				name: "packages stay outside",
				setup: ({ onResolve }) => {
					onResolve({ filter: /^[@a-z]/ }, ({ path }) =>
						path in ours
							? { path: ours[path as keyof typeof ours] }
							: path.startsWith("#")
								? null
								: { path, external: true },
					);
				},
			},
		],
	});
}

/** A process that takes orders of one kind and tells things of another. */
export class Child<To extends object, From extends { readonly is: string }> {
	readonly #child: ChildProcess;
	readonly #exited: Promise<unknown>;

	constructor(name: "peer-server-process" | "peer-client-process", argument: string) {
		this.#child = fork(`${FOLDER}${name}.mjs`, [argument], {
			execArgv: ["--expose-gc"],
			stdio: ["ignore", "ignore", "inherit", "ipc"],
		});
		this.#exited = once(this.#child, "exit");
	}

	on(heard: (said: From) => void): void {
		this.#child.on("message", (said) => heard(said as From));
	}

	order(order: To): void {
		this.#child.send(order);
	}

	/** Rejects if it ends before it has said so. */
	said<Is extends From["is"]>(is: Is): Promise<Extract<From, { readonly is: Is }>> {
		return new Promise((resolve, reject) => {
			const ended = (code: number | null): void =>
				reject(new Error(`a process ended with ${code}`));
			const heard = (said: unknown): void => {
				if ((said as From).is !== is) return;
				this.#child.off("message", heard);
				this.#child.off("exit", ended);
				resolve(said as Extract<From, { readonly is: Is }>);
			};
			this.#child.on("message", heard);
			this.#child.on("exit", ended);
		});
	}

	async stop(): Promise<void> {
		// Its own children go with it: it hears that we are gone.
		if (this.#child.connected) this.#child.disconnect();
		await this.#exited;
	}
}

export type ServerChild = Child<ToServer, FromServer>;
export type ClientChild = Child<ToClient, FromClient>;

export async function startServer(
	peer: PeerName,
): Promise<{ readonly server: ServerChild; readonly port: number }> {
	const server: ServerChild = new Child("peer-server-process", peer);
	const { port } = await server.said("ready");
	return { server, port };
}

export const startClient = (
	task: Partial<ClientTask> & Pick<ClientTask, "peer" | "urls" | "what">,
): ClientChild =>
	new Child("peer-client-process", JSON.stringify({ clients: 1, messages: 0, warmUp: 1, ...task }));
