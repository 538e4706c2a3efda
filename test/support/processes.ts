/* Processes from sources, as plain JavaScript, as a user's would be: a loader that compiles on the way costs heap and time. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";

/** Bundles: what stays outside is found where `outdir` lies. */
export async function compileProcesses(
	entryPoints: readonly string[],
	outdir: string,
	options: BuildOptions,
): Promise<void> {
	await build({
		entryPoints: [...entryPoints],
		outdir,
		outExtension: { ".js": ".mjs" },
		bundle: true,
		format: "esm",
		platform: "node",
		target: "node20",
		logLevel: "silent",
		...options,
	});
}

/** isomorphic-ws is CommonJS, and asks for ws when it runs. */
export const WITH_WS: BuildOptions = {
	external: ["ws"],
	banner: {
		js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);',
	},
};

/** Of the files beside a module. */
export const beside = (url: string, names: readonly string[]): readonly string[] =>
	names.map((name) => fileURLToPath(new URL(name, url)));

/** A process that takes orders of one kind and tells things of another. */
export class Child<To extends object, From extends { readonly is: string }> {
	readonly #child: ChildProcess;
	readonly #exited: Promise<unknown>;

	constructor(file: string, argument: string) {
		this.#child = fork(file, [argument], {
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

	/** Gives an order, and waits for what is said to it. */
	ask<Is extends From["is"]>(order: To, is: Is): Promise<Extract<From, { readonly is: Is }>> {
		const said = this.said(is);
		this.order(order);
		return said;
	}

	/** It hears that we are gone, and ends what is its own. */
	async stop(): Promise<void> {
		if (this.#child.connected) this.#child.disconnect();
		await this.#exited;
	}

	/** kill -9. */
	async kill(): Promise<void> {
		this.#child.kill("SIGKILL");
		await this.#exited;
	}
}
