/* S20's matrix in Node: each fault, at the primary or at both origins, on every type of file. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAssetLoader } from "../../src/assets/loader.js";
import type { AssetType } from "../../src/assets/manifest.js";
import { ASYNC_DISPOSE, dispose } from "../../src/reactive/disposable.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { memoryStorage } from "../../src/runtime/memory.js";
import { FAULTS, type FaultOrigin, openFaultOrigin, publish } from "../support/fault-origin.js";

const FILES: readonly { path: string; type: AssetType; body: string }[] = [
	{ path: "app/classic.js", type: "script", body: "globalThis.ran = 1; // ünïcode" },
	{ path: "app/main.mjs", type: "module", body: "export const ran = 1;" },
	{ path: "app/look.css", type: "style", body: "body { color: rebeccapurple }" },
	{ path: "app/words.json", type: "data", body: '{"hello":"world"}' },
];
const TYPES = FILES.map(({ type }) => type);

let elsewhere: FaultOrigin;
let primary: FaultOrigin;
let backup: FaultOrigin;
beforeAll(async () => {
	elsewhere = await openFaultOrigin();
	primary = await openFaultOrigin(elsewhere.url);
	backup = await openFaultOrigin(elsewhere.url);
});
afterAll(async () => {
	for (const origin of [primary, backup, elsewhere]) await origin[ASYNC_DISPOSE]();
});

async function scene(fault: (typeof FAULTS)[number], where: "primary" | "both") {
	const all = [primary, backup, elsewhere];
	const manifest = await publish(all, "1", FILES);
	for (const origin of all) origin.faults.clear();
	for (const origin of where === "both" ? [primary, backup] : [primary])
		origin.faults.set("*", fault);
	const storage = memoryStorage();
	const open = () =>
		createAssetLoader({
			origins: [primary.url, backup.url],
			manifest,
			hedgeAfterMs: 200,
			timeoutMs: 3_000,
			runtime: { storage, logger: silentLogger },
		});
	return { manifest, open, heal: () => all.map(({ faults }) => faults.clear()) };
}

/** A server has nobody to protect from its own requests: fetch in Node knows no CORS, and the bytes are right. */
const HARMLESS = ["no-cors"];

describe("in Node, a primary with this fault", () => {
	it.each(FAULTS)("%s: every type of file comes whole, from the backup", async (fault) => {
		const { open } = await scene(fault, "primary");
		const loader = open();
		const assets = await Promise.all(FILES.map(({ path }) => loader.load(path)));
		const texts = assets.map(({ body }) => new TextDecoder().decode(body));
		expect(texts).toEqual(FILES.map(({ body }) => body));
		const origin = HARMLESS.includes(fault) ? primary.url : backup.url;
		expect(assets.map((asset) => [asset.origin, asset.from, asset.stale])).toEqual(
			TYPES.map(() => [origin, "network", false]),
		);
		dispose(loader);
	});
});

describe("in Node, both origins with this fault", () => {
	it.each(FAULTS.filter((fault) => !HARMLESS.includes(fault)))(
		"%s: no type of file is handed out, and the error says so; a kept copy still is",
		async (fault) => {
			const { open, heal, manifest } = await scene(fault, "both");
			const loader = open();
			const loads = FILES.map(({ path }) => loader.load(path).catch((reason) => reason.code));
			const codes = await Promise.all(loads);
			const isDamage = ["truncate", "corrupt"].includes(fault);
			expect(codes).toEqual(
				TYPES.map(() => (isDamage ? "integrity-mismatch" : "asset-unavailable")),
			);
			dispose(loader);
			heal();
			const well = open();
			expect(await well.boot()).toMatchObject({ version: "1", from: "network" });
			dispose(well);
			for (const origin of [primary, backup]) origin.faults.set("*", fault);
			const again = open();
			expect(await again.boot()).toMatchObject({ version: manifest.version, from: "cache" });
			dispose(again);
		},
	);
});
