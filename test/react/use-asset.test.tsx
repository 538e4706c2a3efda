// @vitest-environment jsdom

import { act } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Asset } from "../../src/assets.js";
import { RealtimeError } from "../../src/index.js";
import { type AssetSource, useAsset } from "../../src/react.js";
import { createScene } from "./scene.js";

interface Request {
	readonly path: string;
	readonly signal: AbortSignal | undefined;
	answer(from: Asset["from"]): Promise<void>;
	fail(reason: RealtimeError): Promise<void>;
}

/** A loader whose answers a test gives. */
function createLoader() {
	const requests: Request[] = [];
	const load: AssetSource["load"] = (path, { signal } = {}) =>
		new Promise((resolve, reject) => {
			const asset = { body: new Uint8Array(), path, origin: "https://cdn.test", stale: false };
			requests.push({
				path,
				signal,
				answer: (from) => act(async () => resolve({ ...asset, from })),
				fail: (reason) => act(async () => reject(reason)),
			});
		});
	return { loader: { load }, requests };
}

function View({ loader, path }: { readonly loader: AssetSource; readonly path: string }) {
	const state = useAsset(loader, path);
	if (state.status === "ready") return `${state.asset.path} from ${state.asset.from}`;
	return state.status === "unavailable" ? state.cause.code : state.status;
}

describe("useAsset", () => {
	it("says when a file is there", async () => {
		const { loader, requests } = createLoader();
		const scene = createScene();
		const { container } = scene.render(<View loader={loader} path="a.json" />);
		expect(container.textContent).toBe("loading");
		await requests[0]?.answer("network");
		expect(container.textContent).toBe("a.json from network");
	});

	it("says why it is not", async () => {
		const { loader, requests } = createLoader();
		const scene = createScene();
		const { container } = scene.render(<View loader={loader} path="a.json" />);
		await requests[0]?.fail(new RealtimeError("integrity-mismatch", "not ours"));
		expect(container.textContent).toBe("integrity-mismatch");
	});

	it("gives up the old file for the new one, whose answer alone counts", async () => {
		const { loader, requests } = createLoader();
		const scene = createScene();
		const { container } = scene.render(<View loader={loader} path="a.json" />);
		scene.again(<View loader={loader} path="b.json" />);
		expect(requests.map(({ path, signal }) => [path, signal?.aborted])).toEqual([
			["a.json", true],
			["b.json", false],
		]);
		await requests[1]?.answer("network");
		await requests[0]?.answer("cache");
		expect(container.textContent).toBe("b.json from network");
	});

	it("gives up when it goes, and sets no state after that", async () => {
		const { loader, requests } = createLoader();
		const scene = createScene();
		const view = scene.render(<View loader={loader} path="a.json" />);
		view.unmount();
		expect(requests[0]?.signal?.aborted).toBe(true);
		await requests[0]?.fail(new RealtimeError("asset-unavailable", "aborted"));
		expect(scene.complaints).toEqual([]);
	});

	it("asks again, and does not hang, where the loader is a new one at each render", () => {
		const { loader, requests } = createLoader();
		const scene = createScene();
		const { container } = scene.render(<View loader={{ ...loader }} path="a.json" />);
		scene.again(<View loader={{ ...loader }} path="a.json" />);
		expect(requests.map(({ signal }) => signal?.aborted)).toEqual([true, false]);
		expect(container.textContent).toBe("loading");
	});

	it("has one request alive under StrictMode", async () => {
		const { loader, requests } = createLoader();
		const scene = createScene();
		const { container } = scene.render(<View loader={loader} path="a.json" />, { strict: true });
		expect(requests.filter(({ signal }) => signal?.aborted === false)).toHaveLength(1);
		await requests.at(-1)?.answer("cache");
		expect(container.textContent).toBe("a.json from cache");
	});
});
