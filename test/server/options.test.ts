import { describe, expect, it } from "vitest";
import type { ServerOptions } from "../../src/server/contract.js";
import { createServer } from "../../src/server/create-server.js";
import { createRig } from "./rig.js";

describe("createServer", () => {
	const authorize = (): { id: string } => ({ id: "ada" });

	it.each([
		["authorize", { authorize: undefined }],
		["heartbeatMs", { heartbeatMs: 0 }],
		["heartbeatTimeoutMs", { heartbeatTimeoutMs: -1 }],
		["maxFrameBytes", { maxFrameBytes: 100 }],
		["maxFrameBytes", { maxFrameBytes: 1e9 }],
		["sendBufferBytes", { sendBufferBytes: 2_000, maxFrameBytes: 4_000 }],
		["acceptRate", { acceptRate: Number.NaN }],
		["maxConnectionAgeMs", { maxConnectionAgeMs: "1h" }],
		["maxFramesPerSecond", { maxFramesPerSecond: 0 }],
		["maxChannels", { maxChannels: 0 }],
		["maxLinksPerIdentity", { maxLinksPerIdentity: -5 }],
		["maxConnections", { maxConnections: 0 }],
		["retain", { retain: { messages: 0, ms: 1 } }],
		["allowedOrigins", { allowedOrigins: "*" }],
		["allowedOrigins", { allowedOrigins: ["*"] }],
		["allowedOrigins", { allowedOrigins: ["app.example"] }],
		["allowedOrigins", { allowedOrigins: ["https://app.example/"] }],
		["allowedOrigins", { allowedOrigins: ["https://APP.example"] }],
		["allowedOrigins", { allowedOrigins: ["null"] }],
	])("refuses a %s that makes no sense: %o", (name, options) => {
		const given = { authorize, ...options } as unknown as ServerOptions<unknown>;
		expect(() => createServer(given)).toThrow(
			expect.objectContaining({
				name: "RealtimeError",
				code: "invalid-option",
				message: expect.stringContaining(name),
			}),
		);
	});

	it("tells an adapter what it has to check", () => {
		expect(createServer({ authorize }).limits).toEqual({
			maxFrameBytes: 65_536,
			allowedOrigins: "same-origin",
		});
		const allowedOrigins = ["https://app.example"];
		expect(createServer({ authorize, maxFrameBytes: 2_048, allowedOrigins }).limits).toEqual({
			maxFrameBytes: 2_048,
			allowedOrigins,
		});
	});

	it("keeps what it publishes in memory, unless given a log", async () => {
		const server = createServer({ authorize });
		const first = await server.publish("a", 1);
		expect(await server.publish("a", 2)).toEqual({ epoch: first.epoch, offset: 2 });
		await server[Symbol.asyncDispose]();
		await expect(server.publish("a", 3)).rejects.toMatchObject({ code: "closed" });
	});

	it("does not close a log that it was given: others may use it", async () => {
		const rig = createRig();
		await rig.server[Symbol.asyncDispose]();
		expect(await rig.log.head("a")).toMatchObject({ offset: 0 });
	});

	it("tells clients how long ids are remembered, as the log says", async () => {
		const given = createRig({ retain: { messages: 3, ms: 4_000 } });
		expect((await given.connect()).last("welcome").dedupeMs).toBe(4_000);
		const { log } = createRig({ retain: { messages: 3, ms: 5_000 } });
		const other = createRig({ log });
		expect((await other.connect()).last("welcome").dedupeMs).toBe(5_000);
	});
});
