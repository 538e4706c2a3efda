/*
 * The shipped sources and the world that drives them, as one script in a context of its own: its
 * promises settle when a call into it returns, all of them, in their order, so a search needs no waiting.
 * Two things are changed on the way: private fields are made readable, so that two states can be told
 * to be equal; and what a test plants.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createContext, Script } from "node:vm";
import { build, type Plugin } from "esbuild";
import type { Model } from "./scenario.js";

/** A rule taken out: in this file of `src`, this text becomes that one. */
export interface Mutation {
	readonly file: string;
	readonly from: string;
	readonly to: string;
}

export interface Loaded {
	readonly model: Model;
	/** Settles every promise. */
	settle(): void;
}

const source = fileURLToPath(new URL("../../src/", import.meta.url));

export async function load(mutations: readonly Mutation[] = []): Promise<Loaded> {
	const left = new Set(mutations);
	const plugin: Plugin = {
		name: "open",
		setup({ onLoad }) {
			onLoad({ filter: /\.ts$/ }, ({ path }) => {
				let text = readFileSync(path, "utf8");
				for (const mutation of mutations) {
					if (path !== join(source, mutation.file)) continue;
					if (text.split(mutation.from).length !== 2)
						throw new Error(`${mutation.file} does not say once: ${mutation.from}`);
					text = text.replace(mutation.from, () => mutation.to);
					left.delete(mutation);
				}
				return { contents: text.replace(/#([a-z]\w*)/g, "_$1"), loader: "ts" };
			});
		},
	};
	const entry = fileURLToPath(new URL("world.ts", import.meta.url));
	const { outputFiles } = await build({
		...{ entryPoints: [entry], bundle: true, write: false, plugins: [plugin] },
		...{ format: "iife", globalName: "model", target: "node20", logLevel: "silent" },
	});
	if (left.size > 0) throw new Error(`not part of the model: ${[...left][0]?.file}`);
	return evaluate(outputFiles[0]?.text ?? "");
}

function evaluate(code: string): Loaded {
	const context = createContext(
		{ TextEncoder, TextDecoder, URL },
		{ microtaskMode: "afterEvaluate" },
	);
	new Script(GLOBALS).runInContext(context);
	new Script(code).runInContext(context);
	const settle = new Script("0");
	return { model: context.model as Model, settle: () => settle.runInContext(context) };
}

/** What the sources take from the platform, made of this context's own promises. */
const GLOBALS = `
	globalThis.queueMicrotask = (run) => void Promise.resolve().then(run);
	globalThis.AbortController = class {
		signal = { aborted: false, addEventListener() {}, removeEventListener() {} };
		abort() { this.signal.aborted = true; }
	};
	globalThis.Headers = class { constructor() {} set() {} get() { return null; } };
	globalThis.Response = class { constructor(body) { this.body = body; } };
`;
