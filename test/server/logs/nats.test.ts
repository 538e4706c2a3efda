import { afterAll, afterEach, beforeAll } from "vitest";
import type { ServerProcess } from "../../../playground/edge/tools/server-process.js";
import { ASYNC_DISPOSE } from "../../../src/reactive/disposable.js";
import { systemClock } from "../../../src/runtime/clock.js";
import type { MessageLog } from "../../../src/server/contract.js";
import { natsLog } from "../../../src/server/nats/nats-log.js";
import { endWithoutTail, natsUrl, startJetStream } from "../../support/jetstream-server.js";
import { acceptLog } from "../../support/log-acceptance.js";
import { withTool } from "../../support/real-tool.js";
import { until } from "../../support/until.js";

const RETAIN = { messages: 100, ms: 600_000 };

await withTool("nats-server", (program) => {
	let nats: ServerProcess;
	let logs: MessageLog[] = [];
	let streams = 0;

	beforeAll(async () => {
		nats = await startJetStream(program);
	});
	afterEach(async () => {
		for (const log of logs) await log[ASYNC_DISPOSE]();
		logs = [];
	});
	afterAll(() => nats[ASYNC_DISPOSE]());

	acceptLog("natsLog", async () => {
		streams += 1;
		const place = { stream: `TEST-${streams}`, subject: `test-${streams}` };
		let aheadMs = 0;
		const clock = {
			...systemClock,
			now: () => systemClock.now() + aheadMs,
			monotonic: () => systemClock.monotonic() + aheadMs,
		};
		const make = (): MessageLog =>
			natsLog({
				servers: natsUrl(nats),
				...place,
				retain: RETAIN,
				timeoutMs: 10_000,
				runtime: { clock },
			});
		const [log, peer] = (logs = [make(), make()]) as [MessageLog, MessageLog];
		// A head is that of all that was stored before; broadcasts come on the same connection.
		const settle = async (): Promise<void> => {
			for (let n = 0; n < 3; n++) await Promise.all([log.head("a"), peer.head("a")]);
		};
		return {
			log,
			peer,
			retain: RETAIN,
			restart: async (lost) => {
				await endWithoutTail(nats, place, lost);
				await nats.run();
				const isNear = (): Promise<boolean> =>
					settle().then(
						() => true,
						() => false,
					);
				await until(isNear, "both logs are near again");
			},
			advance: async (ms) => {
				aheadMs += ms;
			},
			settle,
		};
	});
});
