import { afterAll, afterEach, beforeAll } from "vitest";
import type { ServerProcess } from "../../../playground/edge/tools/server-process.js";
import { ASYNC_DISPOSE } from "../../../src/reactive/disposable.js";
import { systemClock } from "../../../src/runtime/clock.js";
import type { MessageLog } from "../../../src/server/contract.js";
import { redisLog } from "../../../src/server/redis/redis-log.js";
import { acceptLog } from "../../support/log-acceptance.js";
import { withTool } from "../../support/real-tool.js";
import { forgetTail, redisUrl, startRedis } from "../../support/redis-server.js";
import { until } from "../../support/until.js";

const RETAIN = { messages: 100, ms: 600_000 };

await withTool("redis-server", (program) => {
	let redis: ServerProcess;
	let logs: MessageLog[] = [];
	let prefixes = 0;

	beforeAll(async () => {
		redis = await startRedis(program);
	});
	afterEach(async () => {
		for (const log of logs) await log[ASYNC_DISPOSE]();
		logs = [];
	});
	afterAll(() => redis[ASYNC_DISPOSE]());

	acceptLog("redisLog", async () => {
		prefixes += 1;
		let aheadMs = 0;
		const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
		const make = (): MessageLog =>
			redisLog({
				url: redisUrl(redis),
				prefix: `test-${prefixes}:`,
				retain: RETAIN,
				timeoutMs: 10_000,
				runtime: { clock },
			});
		const [log, peer] = (logs = [make(), make()]) as [MessageLog, MessageLog];
		// Whatever was sent to a connection before comes before the answer.
		const settle = async (): Promise<void> => {
			for (let n = 0; n < 3; n++) await Promise.all([log.head("a"), peer.head("a")]);
		};
		return {
			log,
			peer,
			retain: RETAIN,
			restart: async (lost) => {
				await redis.kill();
				await forgetTail(redis, lost);
				await redis.run();
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
