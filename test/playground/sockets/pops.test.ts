/* E6: messages cross PoPs, over mutual TLS alone. */
import { connect, createServer, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Target } from "../../../playground/edge/balancer.js";
import { RemoteLog } from "../../../playground/edge/log/remote-log.js";
import { ALPN } from "../../../playground/edge/pop/main-region.js";
import { MESH_NAME } from "../../../playground/edge/pop/mesh-name.js";
import { type KeyPair, newAuthority } from "../../../playground/edge/tls/authority.js";
import { until } from "../../support/until.js";
import { type EdgeRig, healed, listenNear, rigOfTest, socketsAt, startRig } from "./edge-rig.js";

const SECRET = "canary-of-the-wire";

let rig: EdgeRig;
beforeAll(async () => {
	rig = await startRig();
});
afterEach(() => healed(rig));
afterAll(() => rig?.stop());

describe("a message", () => {
	it("typed in one PoP arrives in each other, by sockets and over the API", async () => {
		const [dub, fra, iad] = [
			await listenNear(rig, "DUB", "a"),
			await listenNear(rig, "FRA", "a"),
			await listenNear(rig, "IAD", "a"),
		];
		for (const pop of ["DUB", "FRA", "IAD"]) expect(socketsAt(rig, pop)).toBe(1);
		await dub.client.publish("a", "from Dublin");
		await fra.client.publish("a", "from Frankfurt");
		await iad.client.publish("a", "from Virginia");
		const all = ["from Dublin", "from Frankfurt", "from Virginia"];
		for (const { heard } of [dub, fra, iad]) {
			await until(() => heard.length === 3, "three messages");
			expect(heard).toEqual(all);
		}
		const before = await dub.client.history("a");
		expect(before.map(({ data }) => data)).toEqual(all);
		for (const { client } of [dub, fra, iad]) await client.close();
	});

	it("goes over a link cut between its PoP and the main region once, when the link is back", async () => {
		const [dub, fra] = [await listenNear(rig, "DUB", "cut"), await listenNear(rig, "FRA", "cut")];
		await rig.control.act({
			do: "set-conditions",
			pop: "DUB",
			link: "main",
			conditions: { door: "closed" },
		});
		await rig.control.act({ do: "cut", pop: "DUB", link: "main" });
		await until(() => !rig.edge.assembly.pop("DUB").isLogNear, "the log to be away");
		const publishing = dub.client.publish("cut", "while it was away");
		await fra.client.publish("cut", "from elsewhere");
		await rig.control.act({ do: "heal" });
		expect(await publishing).toMatchObject({ status: "stored" });
		for (const { heard } of [dub, fra]) {
			await until(() => heard.length === 2, "both messages");
			expect([...heard].sort()).toEqual(["from elsewhere", "while it was away"]);
		}
		for (const { client } of [dub, fra]) await client.close();
	});
});

/** Whether the main region lets it in, by TLS and by what comes after that. */
function isLetIn(pair: KeyPair | null, protocol: string): Promise<boolean> {
	const { credentials, main } = rig.edge.assembly;
	const socket = connectTls({
		...(main.mesh as Target),
		servername: MESH_NAME,
		ca: credentials.meshAuthority,
		...(pair ?? {}),
		ALPNProtocols: [protocol],
	});
	return new Promise((resolve) => {
		socket.on("error", () => undefined);
		// In TLS 1.3 a client learns only from what comes next that its certificate was refused.
		socket.on("secureConnect", () => socket.write("GET /health HTTP/1.1\r\nHost: a\r\n\r\n"));
		socket.on("data", () => {
			resolve(true);
			socket.destroy();
		});
		socket.on("close", () => resolve(false));
	});
}

describe("the main region", () => {
	it("lets in a PoP that shows its certificate", async () => {
		const own = rig.edge.assembly.credentials.pops.get("DUB") as KeyPair;
		expect(await isLetIn(own, ALPN.webapp)).toBe(true);
	});

	it.each([
		["of an authority of its own", async () => (await newAuthority("foreign")).issue(["DUB"])],
		["that is for web clients", async () => rig.edge.assembly.credentials.edge],
		[
			"of the right authority, for a name that is no PoP's",
			async () => rig.edge.assembly.credentials.mesh,
		],
		["that is none", async () => null],
	])("refuses one with a certificate %s", async (_what, issue) => {
		const before = rig.edge.assembly.main.refused;
		const pair = await issue();
		expect(await isLetIn(pair, ALPN.webapp)).toBe(false);
		await until(() => rig.edge.assembly.main.refused > before, "the refusal to be counted");
	});

	it("gives its log to no PoP with a foreign certificate", async () => {
		const pair = await (await newAuthority("foreign")).issue(["DUB"]);
		const { credentials, main } = rig.edge.assembly;
		const before = main.refused;
		const log = new RemoteLog({
			dial: () =>
				connectTls({
					...(main.mesh as Target),
					servername: MESH_NAME,
					ca: credentials.meshAuthority,
					...pair,
					ALPNProtocols: [ALPN.log],
				}),
			retain: main.retain,
		});
		onTestFinished(() => log[Symbol.asyncDispose]());
		const connections = main.service.connections;
		log.start();
		await until(() => main.refused > before, "the refusal");
		expect(main.service.connections).toBe(connections);
		await expect(log.head("a")).rejects.toThrow();
	});
});

/** Passes on what comes, and keeps a copy of it, a direction and connection each. */
async function recorder(target: () => Target | null) {
	const streams: Buffer[][] = [];
	const record = (from: Socket, to: Socket): void => {
		const chunks: Buffer[] = [];
		streams.push(chunks);
		from.on("data", (chunk: Buffer) => {
			chunks.push(chunk);
			to.write(chunk);
		});
		from.on("error", () => to.destroy());
		from.on("close", () => to.destroy());
	};
	const server = createServer((client) => {
		const onward = connect(target() as Target);
		record(client, onward);
		record(onward, client);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => void server.close());
	const { port } = server.address() as { port: number };
	return {
		target: { host: "127.0.0.1", port },
		bytes: () => streams.map((each) => Buffer.concat(each)),
	};
}

/** Bytes that lie in no TLS record (RFC 8446, 5.1): handshake, alert, data, change of cipher. */
function plaintextBytes(stream: Buffer): number {
	let at = 0;
	while (at + 5 <= stream.length) {
		const isRecord = stream[at] !== undefined && [20, 21, 22, 23].includes(stream[at] as number);
		if (!isRecord || stream[at + 1] !== 3) return stream.length - at;
		at += 5 + stream.readUInt16BE(at + 3);
	}
	return 0;
}

describe("what goes between a PoP and the main region", () => {
	it("has 0 bytes of plaintext, whatever is said, and by which way", async () => {
		const mesh: { target: Target | null } = { target: null };
		const { target, bytes } = await recorder(() => mesh.target);
		const own = await rigOfTest(
			{},
			{
				between: (_pop, main) => {
					mesh.target = main;
					return target;
				},
			},
		);
		const { client, heard } = await listenNear(own, "DUB", "b");
		await client.publish("b", SECRET);
		await until(() => heard.length === 1, "the message");
		const history = await client.history("b");
		expect(history.map(({ data }) => data)).toEqual([SECRET]);
		await client.close();
		const streams = bytes();
		const all = Buffer.concat(streams);
		expect(all.length).toBeGreaterThan(5_000);
		expect(streams.map(plaintextBytes)).toEqual(streams.map(() => 0));
		for (const word of [SECRET, "DUB-1", "append", "HTTP/1.1"])
			expect(all.includes(word), word).toBe(false);
	});

	it("would be seen if it were plain", () => {
		expect(plaintextBytes(Buffer.from("GET /poll HTTP/1.1\r\n"))).toBe(20);
		expect(plaintextBytes(Buffer.from([23, 3, 3, 0, 1, 9, 65, 66, 67, 68, 69]))).toBe(5);
	});
});
