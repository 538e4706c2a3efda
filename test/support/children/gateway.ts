/* A gateway in a process of its own, to be stopped and killed. Prints "port <n>". */
import { createServer as createHttp, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "../../../src/server/create-server.js";
import { attach } from "../../../src/server/node.js";

const http = createHttp();
const server = createServer<IncomingMessage>({
	authorize: () => ({ id: "somebody" }),
	allowedOrigins: "any",
	heartbeatMs: 500,
	heartbeatTimeoutMs: 500,
});
attach(http, server);
http.listen(0, "127.0.0.1", () => {
	process.stdout.write(`port ${(http.address() as AddressInfo).port}\n`);
});
