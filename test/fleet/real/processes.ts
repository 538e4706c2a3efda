/* The processes of a fleet on real sockets, as plain JavaScript, and what is said to them. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Of this process alone: a test may run beside it. Inside the project, where its packages are found. */
const FOLDER = fileURLToPath(new URL(`../../../.tmp/real-fleet-${process.pid}/`, import.meta.url));

let compiled: Promise<void> | null = null;

/** Once: as plain JavaScript, so that what is measured is the library and no loader. */
export function compile(): Promise<void> {
	compiled ??= bundle();
	return compiled;
}

async function bundle(): Promise<void> {
	process.once("exit", () => rmSync(FOLDER, { recursive: true, force: true }));
	await build({
		entryPoints: ["gateway-process.ts", "clients-process.ts"].map((name) =>
			fileURLToPath(new URL(name, import.meta.url)),
		),
		outdir: FOLDER,
		outExtension: { ".js": ".mjs" },
		bundle: true,
		format: "esm",
		platform: "node",
		target: "node20",
		external: ["ws"],
		logLevel: "silent",
		// isomorphic-ws is CommonJS, and asks for ws when it runs.
		banner: {
			js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);',
		},
	});
}

/** A process that takes orders of one kind and tells things of another. */
export class Worker<To extends object, From extends { readonly is: string }> {
	readonly #child: ChildProcess;
	readonly #exited: Promise<unknown>;

	constructor(name: "gateway-process" | "clients-process", data: object) {
		this.#child = fork(`${FOLDER}${name}.mjs`, [JSON.stringify(data)]);
		this.#exited = once(this.#child, "exit");
	}

	on(heard: (said: From) => void): void {
		this.#child.on("message", (said) => heard(said as From));
	}

	/** Rejects if it ends before it has said so. */
	said<Is extends From["is"]>(is: Is): Promise<Extract<From, { readonly is: Is }>> {
		return new Promise((resolve, reject) => {
			const ended = (code: number | null): void =>
				reject(new Error(`a process ended with ${code}`));
			const heard = (said: From): void => {
				if (said.is !== is) return;
				this.#child.off("message", heard as (said: unknown) => void);
				this.#child.off("exit", ended);
				resolve(said as Extract<From, { readonly is: Is }>);
			};
			this.#child.on("message", heard as (said: unknown) => void);
			this.#child.on("exit", ended);
		});
	}

	order<Is extends From["is"]>(order: To, is: Is): Promise<Extract<From, { readonly is: Is }>> {
		const said = this.said(is);
		this.#child.send(order);
		return said;
	}

	/** kill -9. */
	async kill(): Promise<void> {
		this.#child.kill("SIGKILL");
		await this.#exited;
	}
}
