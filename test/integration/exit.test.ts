/* After close() nothing is left that keeps a process alive, whatever the client was doing (L10). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { type Bundle, bundle } from "../support/children/bundle.js";
import { start } from "../support/program.js";
import { edgeOf, type RealEdge } from "../support/real-edge.js";
import { CANARY_TOKEN, inspectLog } from "../support/secrets.js";

let program: Bundle | undefined;

beforeAll(async () => {
	program = await bundle("leaver");
});
afterAll(() => program?.[ASYNC_DISPOSE]());

/** Less than the deadline of a request or of a token, which would end by themselves. */
const LATE_MS = 9_000;

/** What stands before the gateway while the client gets into its situation, and when it closes. */
interface Scene {
	readonly before?: (edge: RealEdge) => unknown;
	readonly after?: (edge: RealEdge) => unknown;
}

const SCENES: Readonly<Record<string, Scene>> = {
	unused: {},
	connected: {},
	"connected, to a peer that is dead by now": { after: (edge) => edge.primary.proxy.mute() },
	"connected, to a peer that has just gone": { after: (edge) => edge.primary.proxy.reset() },
	"dialing, and nobody answers": { before: (edge) => edge.primary.proxy.hang() },
	"token, which does not come": {},
	"waiting for its next dial": {
		before: async (edge) => {
			await edge.primary.proxy.refuse();
			await edge.api.proxy.refuse();
		},
	},
	"polling, and its poll is held": { before: (edge) => edge.primary.proxy.refuse() },
	"polling, and the HTTP half is dead by now": {
		before: (edge) => edge.primary.proxy.refuse(),
		after: (edge) => edge.api.proxy.mute(),
	},
};

describe.concurrent("a process ends by itself, and nothing went uncaught, when its client was", () => {
	it.for(Object.entries(SCENES))("%s", async ([situation, { before, after }], test) => {
		const edge = await edgeOf(test, { gateways: 1 });
		await before?.(edge);
		const [name = ""] = situation.split(/[ ,]/);
		const { url } = edge.primary;
		const child = start([program?.path ?? "", name, url, edge.api.httpUrl, CANARY_TOKEN]);
		test.onTestFinished(() => child[ASYNC_DISPOSE]());
		await child.says(/^ready$/m);
		await after?.(edge);
		child.endInput();
		await child.says(/^closed (closed|idle)$/m);
		const late = new Promise((resolve) => setTimeout(resolve, LATE_MS, "still there"));
		expect(await Promise.race([child.ended, late])).toBe(0);
		expect(child.output).not.toMatch(/uncaught|unhandled/);
		inspectLog(child.output);
	});
});
