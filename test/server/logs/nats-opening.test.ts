/* Many servers that come at once to a stream that none of them has made yet. */
import { afterEach, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../../src/reactive/disposable.js";
import { natsLog } from "../../../src/server/nats/nats-log.js";
import { natsUrl, startJetStream } from "../../support/jetstream-server.js";
import { withTool } from "../../support/real-tool.js";

const ROUNDS = 20;
const SERVERS = 6;

let ends: AsyncDisposable[] = [];

afterEach(async () => {
	for (const each of ends.reverse()) await each[ASYNC_DISPOSE]();
	ends = [];
});

await withTool("nats-server", (program) => {
	it("a stream that many servers make at once is one stream, and all have its epoch", async () => {
		const nats = await startJetStream(program);
		ends.push(nats);
		for (let round = 0; round < ROUNDS; round++) {
			const place = { stream: `OPENING-${round}`, subject: `opening-${round}` };
			const logs = Array.from({ length: SERVERS }, () =>
				natsLog({ servers: natsUrl(nats), ...place, timeoutMs: 10_000 }),
			);
			ends.push(...logs);
			const heads = await Promise.all(logs.map((log) => log.head("a")));
			expect(new Set(heads.map(({ epoch }) => epoch)).size).toBe(1);
		}
	});
});
