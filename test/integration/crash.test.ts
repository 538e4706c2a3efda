/* S12: a process that is killed with an outbox on disk, and the one that comes after it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { type Bundle, bundle } from "../support/children/bundle.js";
import { type Program, start } from "../support/program.js";
import { createRealEdge, type RealEdge, type RealEdgeOptions } from "../support/real-edge.js";
import { CANARY_TOKEN, inspectLog } from "../support/secrets.js";
import { until } from "../support/until.js";

let edge: RealEdge;
let directory: string;
let program: Bundle | undefined;
let children: Program[] = [];

beforeAll(async () => {
	program = await bundle("publisher");
});
afterAll(() => program?.[ASYNC_DISPOSE]());
beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), "holdfast-crash-"));
});
afterEach(async () => {
	for (const child of children) await child[ASYNC_DISPOSE]();
	for (const { output } of children) inspectLog(output);
	children = [];
	await edge.stop();
	await rm(directory, { recursive: true, force: true });
});

const open = async (options: RealEdgeOptions): Promise<void> => {
	edge = await createRealEdge({ gateways: 1, ...options });
};

/** A process that publishes the numbers from first to last, after what an earlier one has left. */
function publisher(first: number, last: number): Program {
	const { url } = edge.primary;
	const child = start([program?.path ?? "", directory, url, CANARY_TOKEN, `${first}`, `${last}`]);
	children.push(child);
	return child;
}

const count = ({ output }: Program, word: string): number =>
	output.split("\n").filter((line) => line.startsWith(`${word} `)).length;
const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, n) => n + 1);

describe("a process killed with -9", () => {
	it("with a thousand publishes queued loses, repeats and reorders none", async () => {
		await open({});
		await edge.primary.proxy.refuse();
		const first = publisher(1, 1_000);
		await until(() => count(first, "kept") >= 1_000, "a thousand on disk", 40_000);
		first.signal("SIGKILL");
		expect(await first.ended).toBeNull();
		await edge.primary.proxy.pass();
		const second = publisher(1_001, 1_005);
		await second.says(/^empty$/m, 40_000);
		expect(await edge.stored("room")).toEqual(upTo(1_005));
	});

	it("in the middle of sending, three times over, loses, repeats and reorders none", async () => {
		const killAt = [150, 420, 777];
		let current: Program | undefined;
		await open({
			server: {
				canPublish: (_identity, _channel, data) => {
					if (data !== killAt[0]) return true;
					killAt.shift();
					// What comes after it on the same link is in flight: some of it arrives, unanswered.
					current?.signal("SIGKILL");
					return true;
				},
			},
		});
		edge.primary.proxy.latencyMs = 5;
		// Nothing is sent before the whole queue lies on disk.
		await edge.primary.proxy.refuse();
		current = publisher(1, 1_000);
		const acknowledged: number[] = [];
		for (;;) {
			const child: Program = current;
			if (children.length === 1) {
				await until(() => count(child, "kept") >= 1_000, "a thousand on disk", 40_000);
				await edge.primary.proxy.pass();
			}
			const isDone = child.says(/^empty$/m, 40_000).then(
				() => true,
				() => false,
			);
			if (await isDone) break;
			current = publisher(1, 0);
		}
		for (const { output } of children)
			for (const [, n] of output.matchAll(/^stored (\d+)$/gm)) acknowledged.push(Number(n));
		const stored = await edge.stored<number>("room");
		expect(stored).toEqual(upTo(1_000));
		expect(children).toHaveLength(4);
		expect(acknowledged.filter((n) => !stored.includes(n))).toEqual([]);
	});
});
