/* S20's matrix against the edge's own CDNs: each fault of E16, at the primary or at both, on each type of file. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { memoryStorage, silentLogger } from "holdfast";
import { type AssetLoader, type AssetManifest, createAssetLoader } from "holdfast/assets";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { CdnFault } from "../../../playground/edge/cdn/faults.js";
import { type Cdn, startCdn } from "../../../playground/edge/cdn/server.js";

const FILES = {
	"app/classic.js": ["script", "globalThis.ran = 1;"],
	"app/main.mjs": ["module", "export const ran = 1;"],
	"app/look.css": ["style", "body { color: rebeccapurple }"],
	"app/words.json": ["data", '{"hello":"world"}'],
} as const;
const PATHS = Object.keys(FILES) as readonly (keyof typeof FILES)[];

const MANIFEST: AssetManifest = {
	version: "1",
	entries: PATHS.map((path) => {
		const [type, body] = FILES[path];
		const hash = createHash("sha384").update(body).digest("base64");
		return { path, type, integrity: `sha384-${hash}`, bytes: body.length };
	}),
};

let root: string;
let primary: Cdn;
let backup: Cdn;

beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), "holdfast-assets-"));
	for (const path of PATHS) {
		await mkdir(dirname(join(root, path)), { recursive: true });
		await writeFile(join(root, path), FILES[path][1]);
	}
	[primary, backup] = await Promise.all([startCdn({ root }), startCdn({ root })]);
});
afterAll(async () => {
	await Promise.all([primary.stop(), backup.stop()]);
	await rm(root, { recursive: true });
});
beforeEach(() => Promise.all([primary.heal(), backup.heal()]));

/** A process that starts: each has a storage of its own unless one is given. */
function open(storage = memoryStorage()): AssetLoader {
	const loader = createAssetLoader({
		origins: [primary.origin, backup.origin],
		manifest: MANIFEST,
		hedgeAfterMs: 200,
		timeoutMs: 3_000,
		runtime: { storage, logger: silentLogger },
	});
	onTestFinished(() => loader[Symbol.dispose]());
	return loader;
}

const FAULTS: readonly (readonly [string, CdnFault])[] = [
	["error", { is: "error", status: 503 }],
	["not-found", { is: "not-found" }],
	["slow", { is: "slow", ms: 30_000 }],
	["drip", { is: "drip", bytesPerSecond: 1 }],
	["truncated", { is: "truncated" }],
	["cut-off", { is: "cut-off" }],
	["corrupt", { is: "corrupt" }],
	["wrong-type", { is: "wrong-type" }],
	["html", { is: "html" }],
	["redirect", { is: "redirect", to: "http://127.0.0.1:9/" }],
	["silent", { is: "silent" }],
	["refuse", { is: "refuse" }],
	["black-hole", { is: "black-hole" }],
];

/** Data has no type that it would have to have: its bytes are right, and that is all it needs. */
const isHarmless = (fault: CdnFault, path: (typeof PATHS)[number]): boolean =>
	fault.is === "wrong-type" && FILES[path][0] === "data";

describe("a primary CDN that is", () => {
	it.each(FAULTS)("%s: every type of file comes whole, from the backup", async (_, fault) => {
		await primary.fault(fault);
		const loader = open();
		const assets = await Promise.all(PATHS.map((path) => loader.load(path)));
		expect(assets.map(({ body }) => new TextDecoder().decode(body))).toEqual(
			PATHS.map((path) => FILES[path][1]),
		);
		expect(assets.map(({ origin, from }) => [origin, from])).toEqual(
			PATHS.map((path) => [(isHarmless(fault, path) ? primary : backup).origin, "network"]),
		);
	});
});

describe("two CDNs that are", () => {
	it.each(FAULTS)(
		"%s: nothing unverified is handed out; a kept version boots",
		async (_, fault) => {
			const storage = memoryStorage();
			expect(await open(storage).boot()).toMatchObject({ version: "1", from: "network" });
			await Promise.all([primary.fault(fault), backup.fault(fault)]);
			const bare = open();
			const codes = await Promise.all(
				PATHS.map((path) =>
					bare.load(path).then(
						() => "loaded",
						({ code }) => code,
					),
				),
			);
			const isDamage = fault.is === "truncated" || fault.is === "corrupt";
			const expected = isDamage ? "integrity-mismatch" : "asset-unavailable";
			expect(codes).toEqual(PATHS.map((path) => (isHarmless(fault, path) ? "loaded" : expected)));
			expect(await open(storage).boot()).toMatchObject({ version: "1", from: "cache" });
		},
	);
});
