/* E5: what passes, passes unchanged; what is broken, breaks as it says. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { generate } from "selfsigned";
import { describe, expect, it, onTestFinished } from "vitest";
import { Balancer, type BalancerOptions } from "../../../playground/edge/balancer.js";
import { until } from "../../support/until.js";

const HOST = "127.0.0.1";

async function listen(server: Server): Promise<number> {
	server.on("connection", (socket: Socket) => void socket.on("error", () => undefined));
	server.on("secureConnection", (socket: Socket) => void socket.on("error", () => undefined));
	await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
	onTestFinished(() => void server.close());
	return (server.address() as { port: number }).port;
}

interface Rig {
	readonly balancer: Balancer;
	/** The targets' sides of the connections, in the order in which they came. */
	readonly targets: readonly Socket[];
}

/** Before a server that says everything back, unless told otherwise. */
async function rig(
	options: Partial<BalancerOptions> = {},
	serve = (socket: Socket): void => void socket.pipe(socket),
): Promise<Rig> {
	const targets: Socket[] = [];
	const server = createServer({ allowHalfOpen: true }, (socket) => {
		targets.push(socket);
		socket.on("error", () => undefined);
		onTestFinished(() => void socket.destroy());
		serve(socket);
	});
	const port = await listen(server);
	const balancer = new Balancer({ target: () => ({ host: HOST, port }), ...options });
	await balancer.start();
	onTestFinished(() => balancer.stop());
	return { balancer, targets };
}

interface Caller {
	readonly socket: Socket;
	heard: Buffer;
	/** Undefined while it is open. */
	end: "ended" | "reset" | "refused" | undefined;
	readonly says: (text: string) => void;
}

async function call(balancer: Balancer, greeting = ""): Promise<Caller> {
	const socket = connect({ port: balancer.port, host: HOST, allowHalfOpen: true });
	const caller: Caller = {
		socket,
		heard: Buffer.alloc(0),
		end: undefined,
		says: (text) => void socket.write(text),
	};
	socket.on("data", (chunk: Buffer) => {
		caller.heard = Buffer.concat([caller.heard, chunk]);
	});
	socket.on("error", ({ code }: NodeJS.ErrnoException) => {
		caller.end = code === "ECONNREFUSED" ? "refused" : "reset";
	});
	socket.on("end", () => {
		caller.end ??= "ended";
	});
	onTestFinished(() => void socket.destroy());
	const settled = new Promise<void>((resolve) => {
		socket.once("connect", () => resolve()).once("error", () => resolve());
	});
	await settled;
	if (greeting !== "") caller.says(greeting);
	return caller;
}

/** Connected, and through to its target. */
async function through(balancer: Balancer): Promise<Caller> {
	const caller = await call(balancer, "hello");
	await until(() => caller.heard.toString() === "hello", "the echo");
	return caller;
}

/** All that a healthy path would have brought by now has come: another connection's echo is back. */
async function meanwhile(): Promise<void> {
	const { balancer } = await rig();
	for (let round = 0; round < 3; round++) await through(balancer);
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("What passes", () => {
	it("is the same, byte for byte, both ways, 8 MB each, and counted", async () => {
		const { balancer } = await rig();
		const caller = await call(balancer);
		const sent = randomBytes(8_000_000);
		caller.socket.end(sent);
		await once(caller.socket, "end");
		expect(caller.heard.length).toBe(sent.length);
		expect(digest(caller.heard)).toBe(digest(sent));
		expect(balancer.bytes).toEqual({ up: 8_000_000, down: 8_000_000 });
		await until(() => balancer.connections === 0, "the end of the connection");
	});

	it("is the same through a delay that changes on the way", async () => {
		const { balancer } = await rig();
		const caller = await call(balancer);
		const parts = Array.from({ length: 60 }, () => randomBytes(1_000));
		for (const [index, part] of parts.entries()) {
			await balancer.change({ delayMs: (index % 4) * 5 });
			caller.socket.write(part);
			await new Promise((resolve) => setImmediate(resolve));
		}
		caller.socket.end();
		await once(caller.socket, "end");
		expect(digest(caller.heard)).toBe(digest(Buffer.concat(parts)));
	});

	it("is TLS too, from end to end: the certificate is the target's", async () => {
		const { private: key, cert } = await generate([{ name: "commonName", value: "gw.test" }]);
		const server = createTlsServer({ key, cert }, (socket) => void socket.pipe(socket));
		const port = await listen(server);
		const { balancer } = await rig({ target: () => ({ host: HOST, port }) });
		const socket = connectTls({ port: balancer.port, host: HOST, rejectUnauthorized: false });
		await once(socket, "secureConnect");
		expect(socket.getPeerX509Certificate()?.toString().trim()).toBe(cert.trim());
		socket.write("sealed");
		expect(String((await once(socket, "data"))[0])).toBe("sealed");
		socket.destroy();
	});

	it("is half an end as well: who has said all still hears", async () => {
		const { balancer, targets } = await rig({}, () => undefined);
		const caller = await call(balancer);
		caller.socket.end("question");
		await until(() => targets.length === 1, "the connection");
		const [target] = targets as [Socket];
		target.resume();
		await once(target, "end");
		target.end("answer");
		await until(() => caller.end === "ended", "the answer's end");
		expect(caller.heard.toString()).toBe("answer");
	});

	it("is a reset, either way", async () => {
		const { balancer, targets } = await rig();
		const first = await through(balancer);
		targets[0]?.resetAndDestroy();
		expect(await until(() => first.end, "the reset")).toBe("reset");
		const second = await through(balancer);
		const failed = new Promise((resolve) => targets[1]?.on("error", resolve));
		second.socket.resetAndDestroy();
		expect(await failed).toMatchObject({ code: "ECONNRESET" });
	});

	it("is slowed by a receiver that doesn't read, and held in bounds", async () => {
		const slow = await rig({}, (socket) => void socket.pause());
		const fast = await rig({}, (socket) => void socket.resume());
		const [stuck, free] = [await call(slow.balancer), await call(fast.balancer)];
		for (const { socket } of [stuck, free])
			for (let part = 0; part < 64; part++) socket.write(Buffer.alloc(1_000_000));
		// In the time in which all has passed where somebody reads …
		await until(() => fast.balancer.bytes.up === 64_000_000, "the other one's bytes");
		// … no more has than the kernel's buffers hold: the rest waits with its sender.
		expect(slow.balancer.bytes.up).toBeLessThan(32_000_000);
		expect(stuck.socket.writableLength).toBeGreaterThan(16_000_000);
	});
});

describe("A balancer", () => {
	it("whose target is not there resets who comes", async () => {
		for (const target of [null, { host: HOST, port: 1 }]) {
			const { balancer } = await rig({ target: () => target });
			const caller = await call(balancer, "anybody?");
			expect(await until(() => caller.end, "the reset")).toBe("reset");
		}
	});

	it("asks for a target at each connection", async () => {
		const ports = await Promise.all(
			["one", "two"].map((name) => listen(createServer((socket) => void socket.end(name)))),
		);
		let turn = 0;
		const { balancer } = await rig({
			target: () => ({ host: HOST, port: ports[turn++ % 2] as number }),
		});
		const callers = [await call(balancer), await call(balancer)];
		for (const caller of callers) await until(() => caller.end === "ended", "the end");
		expect(callers.map(({ heard }) => heard.toString()).sort()).toEqual(["one", "two"]);
	});

	it("delays each way, and keeps the order", async () => {
		const { balancer } = await rig();
		const caller = await through(balancer);
		await balancer.change({ delayMs: 40 });
		const beganAt = performance.now();
		for (const letter of "abcdef") caller.says(letter);
		await until(() => caller.heard.toString() === "helloabcdef", "the echo");
		expect(performance.now() - beganAt).toBeGreaterThanOrEqual(80);
	});

	it("resets all that live, and serves who comes next", async () => {
		const { balancer } = await rig();
		const callers = [await through(balancer), await through(balancer)];
		balancer.reset();
		for (const caller of callers) expect(await until(() => caller.end, "the reset")).toBe("reset");
		await through(balancer);
	});

	it("is a black hole: open, silent both ways, no end; healed, what waited arrives", async () => {
		const { balancer, targets } = await rig();
		const caller = await through(balancer);
		await balancer.change({ links: "black-hole", door: "silent" });
		const newcomer = await call(balancer, "new");
		caller.says(" up");
		targets[0]?.end(" down");
		await meanwhile();
		expect([caller.heard.toString(), caller.end, newcomer.heard.toString(), newcomer.end]).toEqual([
			"hello",
			undefined,
			"",
			undefined,
		]);
		expect([targets.length, balancer.bytes.up]).toEqual([1, 5]);
		await balancer.heal();
		await until(() => caller.heard.toString() === "hello down", "what waited");
		await until(() => newcomer.heard.toString() === "new", "the newcomer's echo");
	});

	it("leaves half of it open: the target is told, the client is not, until it speaks to one that is healed", async () => {
		const { balancer, targets } = await rig();
		const caller = await through(balancer);
		const told = new Promise((resolve) => targets[0]?.on("close", resolve));
		await balancer.change({ links: "half-open" });
		await told;
		caller.says("are you there?");
		await meanwhile();
		expect([caller.heard.toString(), caller.end, caller.socket.writableLength]).toEqual([
			"hello",
			undefined,
			0,
		]);
		await through(balancer);
		await balancer.heal();
		caller.says("and now?");
		expect(await until(() => caller.end, "the reset")).toBe("reset");
	});

	it("turns newcomers away before a byte of TLS, and keeps who is here", async () => {
		const { balancer, targets } = await rig();
		const caller = await through(balancer);
		await balancer.change({ door: "reset" });
		const newcomer = await call(balancer);
		expect(await until(() => newcomer.end, "the reset")).toBe("reset");
		expect(newcomer.heard.length).toBe(0);
		caller.says("!");
		await until(() => caller.heard.toString() === "hello!", "the echo");
		expect(targets.length).toBe(1);
	});

	it("closes its port, keeps who is here, and opens the same port again", async () => {
		const { balancer } = await rig();
		const caller = await through(balancer);
		const { port } = balancer;
		await balancer.change({ door: "closed" });
		expect((await call(balancer)).end).toBe("refused");
		caller.says("!");
		await until(() => caller.heard.toString() === "hello!", "the echo");
		await balancer.heal();
		expect(balancer.port).toBe(port);
		await through(balancer);
	});

	it("loses a share of the connections, those that are here and those that come", async () => {
		let draws = 0;
		// Every second one.
		const { balancer } = await rig({ random: () => (draws++ % 2 === 0 ? 0 : 0.99) });
		const here = [await through(balancer), await through(balancer)];
		await balancer.change({ lossShare: 0.5 });
		for (const caller of here) caller.says("?");
		await until(() => here.some(({ heard }) => heard.toString() === "hello?"), "one echo");
		const come = [await call(balancer, "new"), await call(balancer, "new")];
		await until(() => come.some(({ heard }) => heard.toString() === "new"), "one echo");
		await meanwhile();
		const heard = [...here, ...come].map((caller) => caller.heard.toString());
		expect(heard).toEqual(["hello", "hello?", "", "new"]);
		await balancer.heal();
		await until(
			() => here[0]?.heard.toString() === "hello?" && come[0]?.heard.toString() === "new",
			"those that were lost",
		);
	});

	it("forgets a flow that is idle, and answers its next byte with a reset", async () => {
		const { balancer } = await rig({ idleMs: 40 });
		const caller = await through(balancer);
		await new Promise((resolve) => setTimeout(resolve, 120));
		expect(caller.end).toBeUndefined();
		caller.says("anybody?");
		expect(await until(() => caller.end, "the reset")).toBe("reset");
	});

	it("takes no more connections than it may", async () => {
		const { balancer } = await rig({ maxConnections: 1 });
		const first = await through(balancer);
		const second = await call(balancer, "two");
		await until(() => second.end, "its end");
		expect(second.heard.length).toBe(0);
		first.says("!");
		await until(() => first.heard.toString() === "hello!", "the echo");
	});

	it.each([{ delayMs: -1 }, { delayMs: Number.NaN }, { lossShare: 1.1 }, { lossShare: -0.1 }])(
		"knows no conditions like %o",
		async (changes) => {
			const { balancer } = await rig();
			await expect(balancer.change(changes)).rejects.toThrow(/No such conditions/);
			await through(balancer);
		},
	);

	it.each([
		["healthy", {}],
		["a black hole", { links: "black-hole", door: "silent" }],
		["half-open", { links: "half-open" }],
		["slow", { delayMs: 3_600_000 }],
		["closed", { door: "closed" }],
	] as const)("stops while it is %s, with nothing left", async (_, changes) => {
		const { balancer, targets } = await rig();
		const caller = await through(balancer);
		await balancer.change(changes);
		caller.says("on its way");
		await balancer.stop();
		await until(() => caller.end, "the reset");
		await until(() => targets.every(({ destroyed }) => destroyed), "the target's side");
		expect(balancer.connections).toBe(0);
		const taken = createServer();
		await new Promise<void>((resolve) => taken.listen(balancer.port, HOST, resolve));
		taken.close();
	});
});
