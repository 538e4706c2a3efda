/* The log of the main region from afar: a log like any other, over mutual TLS, also when the link breaks. */
import { once } from "node:events";
import { connect, createServer, type TLSSocket } from "node:tls";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Balancer } from "../../../playground/edge/balancer.js";
import { LogService } from "../../../playground/edge/log/log-service.js";
import { RemoteLog } from "../../../playground/edge/log/remote-log.js";
import {
	type Authority,
	type KeyPair,
	newAuthority,
} from "../../../playground/edge/tls/authority.js";
import type { FollowedMessage } from "../../../src/server/contract.js";
import { MemoryLog } from "../../../src/server/memory-log.js";
import { createVirtualClock, type VirtualClock } from "../../../src/testing/virtual-clock.js";
import { acceptLog } from "../../support/log-acceptance.js";
import { message } from "../../support/log-trial.js";
import { until } from "../../support/until.js";

const HOST = "127.0.0.1";
const RETAIN = { messages: 100, ms: 600_000 };

let authority: Authority;
let pair: KeyPair;
beforeAll(async () => {
	authority = await newAuthority("mesh");
	pair = await authority.issue(["mesh.test"]);
});

interface Rig {
	readonly log: MemoryLog;
	readonly clock: VirtualClock;
	readonly balancer: Balancer;
	readonly open: () => Promise<RemoteLog>;
	readonly stop: () => Promise<void>;
}

async function rig(): Promise<Rig> {
	const clock = createVirtualClock();
	const log = new MemoryLog({ retain: RETAIN, runtime: { clock } });
	const service = new LogService(log);
	const trust = { ...pair, ca: authority.cert };
	const server = createServer(
		{ ...trust, requestCert: true, rejectUnauthorized: true },
		(socket: TLSSocket) => service.serve(socket),
	);
	await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
	const { port } = server.address() as { port: number };
	const balancer = new Balancer({ target: () => ({ host: HOST, port }) });
	await balancer.start();
	const logs: RemoteLog[] = [];
	const open = async (): Promise<RemoteLog> => {
		const dial = () =>
			connect({ host: HOST, port: balancer.port, servername: "mesh.test", ...trust });
		const remote = new RemoteLog({ dial, retain: RETAIN });
		logs.push(remote);
		remote.start();
		await until(() => remote.isNear, "the log");
		return remote;
	};
	const stop = async (): Promise<void> => {
		for (const each of logs) await each[Symbol.asyncDispose]();
		await balancer.stop();
		server.close();
		await once(server, "close");
	};
	return { log, clock, balancer, open, stop };
}

async function rigOfTest(): Promise<Rig> {
	const made = await rig();
	onTestFinished(made.stop);
	return made;
}

acceptLog("a remote log over mutual TLS", async () => {
	const { log, clock, open, stop } = await rig();
	const [near, peer] = [await open(), await open()];
	onTestFinished(stop);
	return {
		log: near,
		peer,
		retain: RETAIN,
		restart: async (lost) => log.restart({ keep: lost === "all" ? "none" : { lostTail: lost } }),
		advance: (ms) => clock.advance(ms),
		// What was told before an answer comes before it.
		settle: async () => void (await Promise.all([near.head("a"), peer.head("a")])),
	};
});

describe("a remote log whose link breaks", () => {
	it("tells a follower all that was stored meanwhile, once and in order, when it is back", async () => {
		const { log, balancer, open } = await rigOfTest();
		const remote = await open();
		const heard: FollowedMessage[] = [];
		await remote.follow("a", (each) => heard.push(each));
		await remote.append("a", message());
		await balancer.change({ door: "closed" });
		balancer.reset();
		await until(() => !remote.isNear, "the loss");
		for (let n = 0; n < 90; n++) await log.append("a", message(n));
		await balancer.heal();
		await until(() => remote.isNear, "the return");
		await log.append("a", message());
		await until(() => heard.at(-1)?.position?.offset === 92, "the last");
		const all = Array.from({ length: 92 }, (_, n) => n + 1);
		expect(heard.map(({ position }) => position?.offset)).toEqual(all);
	});

	it("rejects what is asked while it is away, and what was in flight", async () => {
		const { balancer, open } = await rigOfTest();
		const remote = await open();
		await balancer.change({ links: "black-hole" });
		const inFlight = remote.append("a", message());
		await expect(inFlight).rejects.toThrow("away");
		await expect(remote.head("a")).rejects.toThrow("away");
		await expect(remote.follow("a", () => undefined)).rejects.toThrow("away");
	});

	it("stores an append of before the loss once, when it is asked again by its id", async () => {
		const { log, balancer, open } = await rigOfTest();
		const remote = await open();
		const given = message();
		await balancer.change({ delayMs: 200 });
		const lost = remote.append("a", given);
		await until(async () => (await log.head("a")).offset === 1, "the append there");
		balancer.reset();
		await expect(lost).rejects.toThrow("away");
		await balancer.heal();
		await until(() => remote.isNear, "the return");
		expect(await remote.append("a", given)).toMatchObject({ duplicate: true });
		expect((await log.head("a")).offset).toBe(1);
	});
});
