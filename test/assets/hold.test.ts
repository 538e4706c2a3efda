import { describe, expect, it, onTestFinished } from "vitest";
import { holdOnAssetTrouble } from "../../src/assets/hold.js";
import { createAssetLoader } from "../../src/assets/loader.js";
import { ASYNC_DISPOSE, dispose } from "../../src/reactive/disposable.js";
import { createHarness } from "../../src/testing/harness.js";
import type { NetworkStack } from "../../src/testing/network.js";
import { BACKUP, Cdn, manifestOf, PRIMARY } from "./scene.js";

/** An app of one connected client, whose assets come from two origins of the same network. */
async function app() {
	const harness = createHarness({ connect: "eager" });
	onTestFinished(() => harness[ASYNC_DISPOSE]());
	const { clock, client } = harness;
	const network = harness.network as NetworkStack;
	const [primary, backup] = [new Cdn(clock), new Cdn(clock)];
	network.serve(PRIMARY, primary);
	network.serve(BACKUP, backup);
	const loader = createAssetLoader({
		origins: [PRIMARY, BACKUP],
		manifest: await manifestOf("1"),
		cache: false,
		runtime: { clock, fetch: network.fetch, random: () => 0.5, logger: SILENT },
	});
	const hold = holdOnAssetTrouble(loader, client.degraded, { runtime: { clock } });
	await clock.advance(1_000);
	/** Each load ends within this time. */
	const load = async (path: string): Promise<void> => {
		const work = loader.load(path).catch(() => undefined);
		for (let turn = 0; turn < 400; turn++) {
			await clock.advance(25);
			await new Promise((resolve) => setImmediate(resolve));
		}
		await work;
	};
	return { ...harness, primary, backup, loader, hold, load };
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const down = (): Response => new Response(null, { status: 503 });

describe("Asset trouble", () => {
	it("degrades the mode as a hold of its own, and the connection stays as it is", async () => {
		const { client, primary, backup, load, history } = await app();
		expect(client.mode.get()).toMatchObject({ mode: "normal" });
		primary.answer = down;
		await load("look.css");
		// One origin is left: no trouble.
		expect(client.mode.get().mode).toBe("normal");
		backup.answer = down;
		await load("look.css");
		expect(client.mode.get()).toMatchObject({ mode: "degraded", reasons: ["assets"] });
		expect(client.connection.get().status).toBe("connected");
		primary.answer = () => undefined;
		await load("look.css");
		expect(client.mode.get()).toMatchObject({ mode: "normal" });
		expect(history.map(({ status }) => status)).not.toContain("reconnecting");
	});

	it("is over five minutes after the last failure, if nothing is loaded meanwhile", async () => {
		const { client, clock, primary, backup, load } = await app();
		primary.answer = backup.answer = down;
		await load("look.css");
		expect(client.mode.get().mode).toBe("degraded");
		await clock.advance(280_000);
		expect(client.mode.get().mode).toBe("degraded");
		await clock.advance(20_000);
		expect(client.mode.get().mode).toBe("normal");
	});

	it("holds nothing any more once disposed, and leaves no timer", async () => {
		const { client, clock, primary, backup, load, hold } = await app();
		primary.answer = backup.answer = down;
		await load("look.css");
		dispose(hold);
		expect(client.mode.get().mode).toBe("normal");
		expect(clock.pending.map(({ label }) => label)).not.toContain("asset-hold");
		await load("words.json");
		expect(client.mode.get().mode).toBe("normal");
	});
});
