/*
 * A gateway with a door of finite capacity: the shipped server half on an http.Server, and before its upgrades
 * the very gate of the simulation, on real time. Who is turned away gets no answer: the socket is destroyed,
 * which is what a browser shows its page of any refusal (1006).
 */
import { createServer as createHttp, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createServer } from "holdfast/server";
import { attach } from "holdfast/server/node";
import { Gate } from "../../../src/testing/fleet/gate.js";
import type { FromGateway, GatewayData, ToGateway } from "./contract.js";

type Upgrade = readonly [IncomingMessage, Duplex, Buffer];

const { acceptRate, acceptsPerSecond, rejectCost } = JSON.parse(
	process.argv[2] ?? "{}",
) as GatewayData;
/** Of what the kernel keeps for an http.Server that is busy: a storm is meant to reach the door. */
const BACKLOG = 4_096;

const tell = (said: FromGateway): void => void process.send?.(said);
const http = createHttp();
const server = createServer<IncomingMessage>({
	authorize: ({ token }) => ({ id: token ?? "guest" }),
	allowedOrigins: "any",
	...(acceptRate !== null && { acceptRate }),
});
attach(http, server);
const admit = http.listeners("upgrade") as ((...upgrade: Upgrade) => void)[];
http.removeAllListeners("upgrade");

const acceptedAt: number[] = [];
let gate: Gate | null = null;
let openedAt = 0;
let arrived = 0;
let rejected = 0;

http.on("upgrade", (...upgrade: Upgrade) => {
	const [, socket] = upgrade;
	socket.on("error", () => socket.destroy());
	arrived += 1;
	const now = performance.now();
	const dueAt = gate === null ? now : gate.arrive(now);
	if (dueAt === Number.POSITIVE_INFINITY) {
		rejected += 1;
		socket.destroy();
	} else if (dueAt <= now) letIn(upgrade);
	else setTimeout(() => letIn(upgrade), Math.ceil(dueAt - now));
});

/** Its work is done by now, whether or not it has waited for that. */
function letIn(upgrade: Upgrade): void {
	acceptedAt.push(performance.now() - openedAt);
	if (!upgrade[1].destroyed) for (const listener of admit) listener(...upgrade);
}

process.on("message", (order: ToGateway) => {
	switch (order.do) {
		case "listen":
			gate = order.isLimited ? new Gate(acceptsPerSecond, rejectCost) : null;
			http.listen({ port: order.port, host: "127.0.0.1", backlog: BACKLOG }, () => {
				openedAt = performance.now();
				const { port } = http.address() as AddressInfo;
				tell({ is: "listening", port, at: Date.now() });
			});
			return;
		case "leave":
			http.close();
			void server[Symbol.asyncDispose]().then(() => tell({ is: "left" }));
			return;
		case "count":
			tell({ is: "counts", arrived, rejected, acceptedAt });
			return;
		default:
			order satisfies never;
	}
});
process.on("disconnect", () => process.exit());
tell({ is: "ready" });
