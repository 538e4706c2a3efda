/* E17: the whole edge over a log in a Redis or a NATS of its own. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { LogKind } from "../../../playground/edge/log/log-store.js";
import * as tools from "../../../playground/edge/tools/find-tool.js";
import { prepareEdge } from "../../../playground/edge/whole-edge.js";
import { readSettings } from "../../../playground/settings.js";
import { withTool } from "../../support/real-tool.js";
import { until, when } from "../../support/until.js";
import { rigOfTest } from "./edge-rig.js";

vi.mock("../../../playground/edge/tools/find-tool.js", { spy: true });

afterEach(() => {
	vi.resetAllMocks();
});

async function carry(kind: LogKind): Promise<void> {
	const { edge, client } = await rigOfTest({ log: kind });
	const heard: unknown[] = [];
	const [near, far] = [client("DUB"), client("FRA")];
	const { state } = far.subscribe("room", ({ data }) => heard.push(data));
	await when(state, ({ status }) => status === "subscribed", "a subscription");
	for (let n = 0; n < 20; n++) expect((await near.publish("room", n)).status).toBe("stored");
	await until(() => heard.length >= 20, "all of it");
	expect(heard).toEqual(Array.from({ length: 20 }, (_, n) => n));
	expect(edge.state.parts.find(({ name }) => name === `IAD/${kind}`)).toMatchObject({ is: "up" });
}

await withTool("redis-server", () => {
	it("Redis: what is published near one PoP comes to another one", () => carry("redis"));
});

await withTool("nats-server", () => {
	it("NATS: what is published near one PoP comes to another one", () => carry("nats"));
});

describe("a log server", () => {
	it.each(["redis", "nats"] as const)(
		"%s that is not installed: one line that says what to do",
		async (log) => {
			vi.mocked(tools.findTool).mockResolvedValue(undefined);
			const edge = await prepareEdge({ clients: 0, log });
			await expect(edge.start()).rejects.toThrow(
				`IAD/${log} did not start: ${log}-server is not installed here. Get it with: npm run edge:install ${log}-server`,
			);
			expect(edge.state.phase).toBe("failed");
		},
	);

	it("that ends at once: its last words", async () => {
		vi.mocked(tools.findTool).mockResolvedValue({ path: "/bin/false", version: "1.0.0" });
		const edge = await prepareEdge({ clients: 0, log: "redis" });
		await expect(edge.start()).rejects.toThrow(/^IAD\/redis did not start: \/bin\/false ended/);
	});
});

describe("--log", () => {
	it("takes the three, for the whole edge", () => {
		for (const log of ["memory", "redis", "nats"])
			expect(readSettings(["--log", log])).toMatchObject({ log });
		expect(readSettings([])).toMatchObject({ log: "memory" });
	});

	it("says what is wrong with another", () => {
		expect(() => readSettings(["--log", "kafka"])).toThrow("memory, redis or nats");
	});
});
