/* Two origins in virtual time, and an app of four files. */
import { createAssetLoader } from "../../src/assets/loader.js";
import type { AssetLoaderOptions } from "../../src/assets/contract.js";
import { integrityOf } from "../../src/assets/integrity.js";
import type { AssetManifest, AssetType } from "../../src/assets/manifest.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { memoryStorage } from "../../src/runtime/memory.js";
import type { KeyValueStorage } from "../../src/runtime/runtime.js";
import type { SimulatedHost } from "../../src/testing/host.js";
import { createNetwork } from "../../src/testing/network.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.js";

export const PRIMARY = "https://cdn.test";
export const BACKUP = "https://backup.test";

const MIME: Readonly<Record<AssetType, string>> = {
	script: "text/javascript",
	module: "application/javascript; charset=utf-8",
	style: "text/css",
	data: "application/json",
};

export const FILES: readonly { path: string; type: AssetType; text: string }[] = [
	{ path: "words.json", type: "data", text: '{"hello":"world"}' },
	{ path: "look.css", type: "style", text: "body { color: teal }" },
	{ path: "classic.js", type: "script", text: "void 0;" },
	{ path: "main.mjs", type: "module", text: "export {};" },
];

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
	Uint8Array.from(new TextEncoder().encode(text));

/** `suffix` makes another version's files of them. */
export async function manifestOf(version: string, suffix = ""): Promise<AssetManifest> {
	const entries = FILES.map(async ({ path, type, text }) => ({
		path,
		type,
		integrity: await integrityOf(bytesOf(text + suffix)),
	}));
	return { version, entries: await Promise.all(entries) };
}

/** Answers as a test says; unless it says otherwise, with the file. */
export class Cdn implements SimulatedHost {
	suffix = "";
	/** Tried first; undefined: as usual. */
	answer: (path: string) => Response | Promise<Response> | undefined = () => undefined;
	readonly asked: string[] = [];
	/** Virtual instants of the requests. */
	readonly askedAt: number[] = [];
	readonly #clock: VirtualClock;

	constructor(clock: VirtualClock) {
		this.#clock = clock;
	}

	upgrade(): { type: "hang" } {
		return { type: "hang" };
	}

	async request(request: Request): Promise<Response> {
		const path = new URL(request.url).pathname.slice(1);
		this.asked.push(path);
		this.askedAt.push(this.#clock.monotonic());
		return (await this.answer(path)) ?? this.serve(path);
	}

	serve(path: string): Response {
		const file = FILES.find((it) => it.path === path);
		if (!file) return new Response(null, { status: 404 });
		const headers = { "content-type": MIME[file.type] };
		return new Response(file.text + this.suffix, { headers });
	}
}

/** WebCrypto takes real time, in which no virtual time may pass, however slow the machine is. */
let digesting = 0;
const { subtle } = globalThis.crypto;
const digest = subtle.digest.bind(subtle);
subtle.digest = async (...request) => {
	digesting++;
	try {
		return await digest(...request);
	} finally {
		digesting--;
	}
};

/** Resolves when no digest is under way, nor begun by what followed from the last one. */
async function digested(): Promise<void> {
	for (let quiet = 0; quiet < 10; quiet = digesting > 0 ? 0 : quiet + 1)
		await new Promise((resolve) => setImmediate(resolve));
}

export function scene({ seed = 1, storage = memoryStorage() as KeyValueStorage } = {}) {
	const clock = createVirtualClock();
	const network = createNetwork({ clock, random: seededRandom(seed) });
	const [primary, backup] = [new Cdn(clock), new Cdn(clock)];
	network.serve(PRIMARY, primary);
	network.serve(BACKUP, backup);
	const warned: string[] = [];
	const logger = { ...silentLogger, warn: (event: string) => void warned.push(event) };
	const random = seededRandom(seed + 1);
	const open = (options: Partial<AssetLoaderOptions> = {}) =>
		createAssetLoader({
			origins: [PRIMARY, BACKUP],
			runtime: { clock, random, fetch: network.fetch, storage, logger },
			...options,
		});
	/** Moves time until it has settled, and says how much had passed by then. */
	const settle = async <T>(work: Promise<T>, mostMs = 120_000): Promise<readonly [T, number]> => {
		const since = clock.monotonic();
		let at = Number.NaN;
		const noted = work.finally(() => {
			at = clock.monotonic() - since;
		});
		void noted.catch(() => undefined);
		const end = clock.monotonic() + mostMs;
		for (let isOver = false; !isOver && clock.monotonic() < end; ) {
			await digested();
			isOver = !Number.isNaN(at);
			if (!isOver) await clock.advance(25);
		}
		return [await noted, at];
	};
	return { clock, network, primary, backup, storage, warned, open, settle };
}

export type Scene = ReturnType<typeof scene>;
