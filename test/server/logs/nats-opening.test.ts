/*
 * Many servers that come at once to a stream that none of them has made yet. A nats-server of 2.9.10 refuses some of
 * them, a newer one was not seen to: so one is played here too, by answers of its API.
 */
import { connect } from "@nats-io/transport-node";
import { afterEach, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../../src/reactive/disposable.js";
import { natsLog } from "../../../src/server/nats/nats-log.js";
import { ServerProcess } from "../../../playground/edge/tools/server-process.js";
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

	it.each([
		["its name is in use", 10_058],
		["its subjects overlap with another's", 10_065],
	])(
		"a server that hears, making it, that %s, takes what another has made meanwhile",
		async (_, code) => {
			const args = ({ port }: { readonly port: number }) => [
				"--addr",
				"127.0.0.1",
				"--port",
				`${port}`,
			];
			const server = await ServerProcess.start({ program, args, ready: /Server is ready/ });
			ends.push(server);
			const api = await connect({ servers: natsUrl(server) });
			ends.push({ [ASYNC_DISPOSE]: () => api.close() });
			const refuse = (status: number, err_code: number) => ({
				error: { code: status, err_code, description: "refused" },
			});
			let isMade = false;
			api.subscribe("$JS.API.>", {
				callback: (_error, question) => {
					const [what] = /INFO$|STREAM\.[A-Z]+/.exec(question.subject) ?? [];
					const made = { config: { name: "MADE", max_age: 1 }, created: "", state: {} };
					const found = isMade ? made : refuse(404, 10_059);
					if (what === "STREAM.CREATE") isMade = true;
					const said = { INFO: {}, "STREAM.INFO": found, "STREAM.CREATE": refuse(400, code) };
					question.respond(JSON.stringify(said[what as keyof typeof said] ?? {}));
				},
			});
			await api.flush();
			const log = natsLog({ servers: natsUrl(server), stream: "MADE", timeoutMs: 10_000 });
			ends.push(log);
			// Of what it then finds it says that it can't use it.
			await expect(log.head("a")).rejects.toThrow(/MADE drops messages by itself/);
		},
	);
});
