/*
 * A gateway of a fleet, in a process of its own: `redis` or `nats`, and a file that says where the log is now.
 * Prints "port <n>".
 */
import { readFileSync } from "node:fs";
import { createServer as createHttp, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "../../../src/server/create-server.js";
import { natsLog } from "../../../src/server/nats/nats-log.js";
import { attach } from "../../../src/server/node.js";
import { redisLog } from "../../../src/server/redis/redis-log.js";

const [kind, place = ""] = process.argv.slice(2);
const where = (): string => readFileSync(place, "utf8");
/** Brisk: a log that is silent is noticed within a test's patience. */
const timeoutMs = 1_000;
const log =
	kind === "redis" ? redisLog({ url: where, timeoutMs }) : natsLog({ servers: where, timeoutMs });

const http = createHttp();
const server = createServer<IncomingMessage>({
	log,
	authorize: ({ token }) => (token === null ? null : { id: token }),
	allowedOrigins: "any",
	heartbeatMs: 500,
	heartbeatTimeoutMs: 500,
});
attach(http, server);
http.listen(0, "127.0.0.1", () => {
	process.stdout.write(`port ${(http.address() as AddressInfo).port}\n`);
});
