/* After close() nothing is left that keeps a process alive, whatever the client was doing (L10). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { type Bundle, bundle } from "../support/children/bundle.js";
import { type Program, start } from "../support/program.js";
import { createRealEdge, type RealEdge } from "../support/real-edge.js";
import { CANARY_TOKEN, inspectLog } from "../support/secrets.js";

let edge: RealEdge;
let program: Bundle | undefined;
let child: Program | undefined;

beforeAll(async () => {
	program = await bundle("leaver");
});
afterAll(() => program?.[ASYNC_DISPOSE]());
afterEach(async () => {
	await child?.[ASYNC_DISPOSE]();
	inspectLog(child?.output);
	await edge.stop();
});

/** Less than the deadline of a request or of a token, which would end by themselves. */
const LATE_MS = 9_000;

/** What stands before the gateway while the client gets into its situation, and when it closes. */
interface Scene {
	readonly before?: () => unknown;
	readonly after?: () => unknown;
}

const SCENES: Readonly<Record<string, Scene>> = {
	unused: {},
	connected: {},
	"connected, to a peer that is dead by now": { after: () => edge.primary.proxy.mute() },
	"connected, to a peer that has just gone": { after: () => edge.primary.proxy.reset() },
	"dialing, and nobody answers": { before: () => edge.primary.proxy.hang() },
	"token, which does not come": {},
	"waiting for its next dial": {
		before: async () => {
			await edge.primary.proxy.refuse();
			await edge.api.proxy.refuse();
		},
	},
	"polling, and its poll is held": { before: () => edge.primary.proxy.refuse() },
	"polling, and the HTTP half is dead by now": {
		before: () => edge.primary.proxy.refuse(),
		after: () => edge.api.proxy.mute(),
	},
};

describe("a process ends by itself, and nothing went uncaught, when its client was", () => {
	it.each(Object.entries(SCENES))("%s", async (situation, { before, after }) => {
		edge = await createRealEdge({ gateways: 1 });
		await before?.();
		const [name = ""] = situation.split(/[ ,]/);
		const { url } = edge.primary;
		child = start([program?.path ?? "", name, url, edge.api.httpUrl, CANARY_TOKEN]);
		await child.says(/^ready$/m);
		await after?.();
		child.endInput();
		await child.says(/^closed (closed|idle)$/m);
		const { ended } = child;
		const late = new Promise((resolve) => setTimeout(resolve, LATE_MS, "still there"));
		expect(await Promise.race([ended, late])).toBe(0);
		expect(child.output).not.toMatch(/uncaught|unhandled/);
	});
});
