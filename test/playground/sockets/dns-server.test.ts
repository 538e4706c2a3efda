/* E2 to E4 on real sockets: Node's resolver, raw UDP and TCP, DoH by fetch. */
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { request } from "node:http";
import { request as requestTls } from "node:https";
import { createServer } from "node:net";
import { generate } from "selfsigned";
import { describe, expect, it } from "vitest";
import type { Answered } from "../../../playground/edge/dns/answering.js";
import type { DnsServer } from "../../../playground/edge/dns/server.js";
import { startDnsServer } from "../../../playground/edge/dns/server.js";
import { until } from "../../support/until.js";
import { EDGE, popOf } from "../dns/asking.js";
import {
	answersIn,
	askUdp,
	BACKUP,
	dnsServer,
	framed,
	isTruncated,
	PRIMARY,
	question,
	rcodeOf,
	talk,
} from "./dns-rig.js";

function resolverOf(
	{ address, port }: DnsServer,
	options: ConstructorParameters<typeof Resolver>[0] = {},
): Resolver {
	const resolver = new Resolver({ timeout: 5_000, tries: 1, ...options });
	resolver.setServers([`${address}:${port}`]);
	return resolver;
}

const HOUR = 3_600_000;

/** More addresses than 1,232 bytes hold. */
const CROWDED = {
	name: "crowded.test",
	records: [
		{ name: "@", type: "NS", answers: [{ data: "ns.crowded.test" }] },
		{
			name: "@",
			type: "A",
			answers: [{ data: Array.from({ length: 200 }, (_, index) => `127.1.1.${index + 1}`) }],
		},
	],
} as const;

describe("Node's resolver", () => {
	it("sees a PoP's addresses with their TTL, and a flip at its next question", async () => {
		const server = await dnsServer();
		const resolver = resolverOf(server);
		// From a source of its own country: 127.0.1.0/24 is Dublin.
		resolver.setLocalAddress("127.0.1.7");
		expect(await resolver.resolve4(PRIMARY, { ttl: true })).toEqual([
			{ address: "127.0.10.1", ttl: 60 },
			{ address: "127.0.10.2", ttl: 60 },
		]);
		server.set("DUB", { up: false });
		expect((await resolver.resolve4(PRIMARY)).map(popOf)).toEqual(["LHR", "LHR"]);
		server.set("DUB", { up: true });
		expect((await resolver.resolve4(PRIMARY)).map(popOf)).toEqual(["DUB", "DUB"]);
	});

	it("keeps what a feed has said before, when it says something else", async () => {
		const server = await dnsServer();
		const resolver = resolverOf(server);
		resolver.setLocalAddress("127.0.1.7");
		server.set("DUB", { loadavg: 95 });
		server.set("DUB", { up: true });
		expect((await resolver.resolve4(PRIMARY)).map(popOf)).toEqual(["LHR", "LHR"]);
	});

	it("is spared feeds that no answer has, and numbers that are none", async () => {
		const server = await dnsServer();
		expect(() => server.set("DUBLIN", { up: false })).toThrow(/"DUBLIN"\. Known: .*DUB/);
		expect(() => server.set("DUB", { loadavg: Number.NaN })).toThrow(/DUB: loadavg can't be NaN/);
		expect(await resolverOf(server).resolve4(PRIMARY)).toHaveLength(1);
	});

	it("finds each PoP of the backup, under a label of the dial's own too", async () => {
		const server = await dnsServer();
		const resolver = resolverOf(server);
		resolver.setLocalAddress("127.0.1.7");
		const seen = new Set<string | undefined>();
		for (let dial = 0; dial < 60; dial++)
			seen.add(popOf((await resolver.resolve4(`d${dial}.${BACKUP}`))[0]));
		expect([...seen].sort()).toEqual(["DUB", "FRA", "LHR"]);
	});

	it("is told what is not there, and what is not ours", async () => {
		const server = await dnsServer();
		const resolver = resolverOf(server);
		await expect(resolver.resolve4("nothing.edge.test")).rejects.toMatchObject({
			code: "ENOTFOUND",
		});
		await expect(resolver.resolve6(PRIMARY)).rejects.toMatchObject({ code: "ENODATA" });
		await expect(resolver.resolve4("example.org")).rejects.toMatchObject({ code: "EREFUSED" });
		expect(await resolver.resolveSoa("edge.test")).toMatchObject({ nsname: "ns.edge.test" });
	});

	it("asks again over TCP what does not fit", async () => {
		const asked: Answered[] = [];
		const server = await dnsServer({ zones: [CROWDED], answered: (one) => asked.push(one) });
		expect(await resolverOf(server).resolve4("crowded.test")).toHaveLength(200);
		expect(asked.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
	});

	it("sees a zone that was put in the place of another", async () => {
		const server = await dnsServer({ zones: [CROWDED] });
		const [ns] = CROWDED.records;
		const answers = [{ data: "127.9.9.9" }];
		server.putZone({ ...CROWDED, records: [ns, { name: "@", type: "A", ttl: 3, answers }] });
		expect(await resolverOf(server).resolve4("crowded.test", { ttl: true })).toEqual([
			{ address: "127.9.9.9", ttl: 3 },
		]);
		expect(() => server.putZone({ name: "x.test", records: [] })).toThrow(/no NS/);
	});

	it("meets a server that fails, is late, or says nothing, and one that is well again", async () => {
		const server = await dnsServer();
		const resolver = resolverOf(server);
		server.fault({ is: "servfail" });
		await expect(resolver.resolve4(PRIMARY)).rejects.toMatchObject({ code: "ESERVFAIL" });
		server.fault({ is: "late", ms: 50 });
		expect(await resolver.resolve4(PRIMARY)).toHaveLength(1);
		server.fault({ is: "silent" });
		const hurried = resolverOf(server, { timeout: 50, tries: 1 });
		await expect(hurried.resolve4(PRIMARY)).rejects.toMatchObject({ code: "ETIMEOUT" });
		server.fault({ is: "none" });
		expect(await resolver.resolve4(PRIMARY)).toHaveLength(1);
	});
});

describe("Delegation", () => {
	it("leads from the parent's server to the chain server by its glue", async () => {
		const parent = await dnsServer({ zones: [EDGE.parent] });
		const chain = await dnsServer({ zones: EDGE.chains });
		const [referral] = await askUdp(parent, [question(PRIMARY)]);
		// Nothing in the answer, one in the authority, the glue and OPT beside them.
		expect([answersIn(referral), referral?.[9], referral?.[11]]).toEqual([0, 1, 2]);
		expect((referral?.[2] ?? 0) & 4).toBe(0);
		const [answer] = await askUdp(chain, [question(PRIMARY)]);
		expect([rcodeOf(answer), (answer?.[2] ?? 0) & 4]).toEqual([0, 4]);
	});
});

describe("Over UDP", () => {
	it("junk is not answered or answered with FORMERR, and the next question is as if nothing was", async () => {
		const server = await dnsServer();
		const response = question(PRIMARY);
		response[2] = 0x81;
		const malformed = question(PRIMARY).subarray(0, 20);
		const junk = [Buffer.alloc(0), Buffer.from("x"), Buffer.alloc(11), response, malformed];
		const heard = await askUdp(server, [...junk, question(PRIMARY)], 2);
		expect(heard.map(rcodeOf)).toEqual([1, 0]);
	});

	it("what does not fit is truncated, to 512 bytes for an asker without EDNS", async () => {
		const server = await dnsServer({ zones: [CROWDED] });
		const plain = question("crowded.test").subarray(0, -11);
		plain[11] = 0;
		const [answer] = await askUdp(server, [plain]);
		expect([isTruncated(answer), answersIn(answer)]).toEqual([true, 0]);
	});
});

describe("Over TCP", () => {
	it("questions that come in pieces, and several in one, are answered in order", async () => {
		const { socket, answers } = await talk(await dnsServer({ zones: [CROWDED] }));
		const first = framed(question("crowded.test"));
		for (const byte of first) socket.write(Buffer.from([byte]));
		await until(() => answers().length === 1, "the first answer");
		socket.write(
			Buffer.concat(["b.crowded.test", "crowded.test"].map((name) => framed(question(name)))),
		);
		await until(() => answers().length === 3, "the other two");
		expect(answers().map((answer) => [rcodeOf(answer), answersIn(answer)])).toEqual([
			[0, 200],
			[3, 0],
			[0, 200],
		]);
	});

	it.each(["with the question", "after the answer"])(
		"who has said all %s is answered, and then let go",
		async (when) => {
			const { socket, answers, closed } = await talk(await dnsServer({ tcp: { idleMs: HOUR } }));
			socket.write(framed(question(PRIMARY)));
			if (when === "after the answer") await until(() => answers().length === 1, "the answer");
			socket.end();
			await closed;
			expect(answers().map(rcodeOf)).toEqual([0]);
		},
	);

	it("who asks now and then is not idle", async () => {
		const { socket, answers } = await talk(await dnsServer({ tcp: { idleMs: 800 } }));
		const beganAt = performance.now();
		for (let asked = 1; performance.now() - beganAt < 1_300; asked++) {
			socket.write(framed(question(PRIMARY)));
			await until(() => answers().length === asked, "the answer");
		}
	});

	it("a length of nothing, or beyond a question's, ends the connection", async () => {
		const server = await dnsServer();
		for (const start of ["0000", "1001"]) {
			const { socket, answers, closed } = await talk(server);
			socket.write(Buffer.from(start, "hex"));
			await closed;
			expect(answers()).toEqual([]);
		}
	});

	it("who says nothing, or drips and never finishes, is let go", async () => {
		const server = await dnsServer({ tcp: { idleMs: 60 } });
		const mute = await talk(server);
		const dripping = await talk(server);
		const drip = setInterval(() => dripping.socket.write(Buffer.from([1])), 10);
		await Promise.all([mute.closed, dripping.closed]);
		clearInterval(drip);
	});

	it("who asks and asks and never reads is let go", async () => {
		const server = await dnsServer({ zones: [CROWDED] });
		const { socket, answers, closed } = await talk(server);
		socket.pause();
		// Answers of 13 MB in all: more than the kernel keeps.
		const questions = 4_000;
		socket.write(Buffer.concat(new Array(questions).fill(framed(question("crowded.test")))));
		const other = await talk(server);
		for (let round = 1; round <= 3; round++) {
			other.socket.write(framed(question("crowded.test")));
			await until(() => other.answers().length === round, "another asker's answer");
		}
		socket.resume();
		await closed;
		expect(answers().length).toBeLessThan(questions);
	});

	it("one connection too many is let go at once, and one that ends makes room", async () => {
		const server = await dnsServer({ tcp: { maxConnections: 2 } });
		const [first, second] = [await talk(server), await talk(server)];
		for (const { socket, answers } of [first, second]) {
			socket.write(framed(question(PRIMARY)));
			await until(() => answers().length === 1, "an answer");
		}
		await (await talk(server)).closed;
		first.socket.destroy();
		await until(async () => {
			const { socket, answers, closed } = await talk(server);
			socket.write(framed(question(PRIMARY)));
			await Promise.race([closed, until(() => answers().length === 1, "an answer")]);
			return answers().length === 1;
		}, "room for another");
	});
});

interface Asked {
	readonly method?: string;
	readonly type?: string;
	readonly body?: Uint8Array;
}

async function ask(url: string, { method = "GET", type, body }: Asked = {}): Promise<Response> {
	const headers: Record<string, string> = type === undefined ? {} : { "Content-Type": type };
	return fetch(url, { method, headers, ...(body && { body: Buffer.from(body) }) });
}

describe("Over HTTP", () => {
	const MESSAGE = "application/dns-message";

	it("wire format comes and goes, by GET and POST, with the TTL as its freshness", async () => {
		const { dohUrl } = await dnsServer();
		const asked = question(PRIMARY);
		const got = await ask(`${dohUrl}?dns=${asked.toString("base64url")}`);
		const posted = await ask(dohUrl, { method: "POST", type: MESSAGE, body: asked });
		for (const response of [got, posted]) {
			expect(response.status).toBe(200);
			expect(response.headers.get("content-type")).toBe(MESSAGE);
			expect(response.headers.get("cache-control")).toBe("max-age=60");
			expect(response.headers.get("access-control-allow-origin")).toBe("*");
			const answer = Buffer.from(await response.arrayBuffer());
			expect([rcodeOf(answer), answersIn(answer)]).toEqual([0, 1]);
		}
	});

	it("JSON says the same in words", async () => {
		const { dohUrl } = await dnsServer();
		const response = await ask(`${dohUrl}?name=${PRIMARY}&edns_client_subnet=127.0.1.0/24`);
		expect(response.headers.get("content-type")).toBe("application/dns-json");
		expect(await response.json()).toEqual({
			Status: 0,
			TC: false,
			RD: true,
			RA: false,
			AD: false,
			CD: false,
			Question: [{ name: PRIMARY, type: 1 }],
			Answer: [
				{ name: PRIMARY, type: 1, TTL: 60, data: "127.0.10.1" },
				{ name: PRIMARY, type: 1, TTL: 60, data: "127.0.10.2" },
			],
		});
		const missing = await (await ask(`${dohUrl}?name=no.edge.test&type=AAAA`)).json();
		expect(missing).toMatchObject({
			Status: 3,
			Authority: [{ name: "edge.test", type: 6, TTL: 60 }],
		});
	});

	it("what is malformed within is FORMERR, and what is no message at all is 400", async () => {
		const { dohUrl } = await dnsServer();
		const malformed = question(PRIMARY).subarray(0, 20).toString("base64url");
		const answer = Buffer.from(await (await ask(`${dohUrl}?dns=${malformed}`)).arrayBuffer());
		expect(rcodeOf(answer)).toBe(1);
		expect((await ask(`${dohUrl}?dns=AAAA`)).status).toBe(400);
		const body = Buffer.alloc(0);
		expect((await ask(dohUrl, { method: "POST", type: MESSAGE, body })).status).toBe(400);
	});

	it("bodies beyond the limit, other types, methods and paths are refused", async () => {
		const { dohUrl } = await dnsServer();
		const body = Buffer.alloc(4_097);
		expect((await ask(dohUrl, { method: "POST", type: MESSAGE, body })).status).toBe(413);
		expect(
			(await ask(dohUrl, { method: "POST", type: "text/plain", body: Buffer.alloc(9) })).status,
		).toBe(415);
		expect((await ask(dohUrl, { method: "DELETE" })).status).toBe(405);
		expect((await ask(`${dohUrl}/more`)).status).toBe(404);
		const preflight = await ask(dohUrl, { method: "OPTIONS" });
		expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([
			204,
			"GET, POST",
		]);
	});

	it("a body that never ends is cut off", async () => {
		const { dohUrl } = await dnsServer({ doh: { requestMs: 80 } });
		const status = await new Promise((resolve) => {
			const headers = { "Content-Type": MESSAGE, "Content-Length": "100" };
			const sent = request(dohUrl, { method: "POST", headers }, ({ statusCode }) =>
				resolve(statusCode),
			);
			sent.on("error", () => resolve("reset"));
			sent.write("x");
		});
		expect([408, "reset"]).toContain(status);
	});

	it("an answer that comes late finds nobody, and harms nobody", async () => {
		const asked: Answered[] = [];
		const { fault, dohUrl } = await dnsServer({ answered: (one) => asked.push(one) });
		fault({ is: "late", ms: 60 });
		const given = new AbortController();
		const abandoned = fetch(`${dohUrl}?name=${PRIMARY}`, { signal: given.signal }).catch(
			() => "up",
		);
		const patient = ask(`${dohUrl}?name=${PRIMARY}`);
		setTimeout(() => given.abort(), 20);
		expect(await abandoned).toBe("up");
		expect((await patient).status).toBe(200);
		await until(() => asked.length === 2, "both answers");
		fault({ is: "none" });
		expect((await ask(`${dohUrl}?name=${PRIMARY}`)).status).toBe(200);
	});

	it("speaks TLS with a certificate of its own", async () => {
		const made = await generate([{ name: "commonName", value: "dns.test" }]);
		const { dohUrl } = await dnsServer({ certificate: { key: made.private, cert: made.cert } });
		expect(dohUrl).toMatch(/^https:/);
		const status = await new Promise((resolve, reject) => {
			requestTls(`${dohUrl}?name=${PRIMARY}`, {
				ca: made.cert,
				checkServerIdentity: () => undefined,
			})
				.on("response", (response) => {
					response.resume();
					resolve(response.statusCode);
				})
				.on("error", reject)
				.end();
		});
		expect(status).toBe(200);
	});
});

describe("Stopping", () => {
	it("cuts an HTTP request that is in the midst of its body", async () => {
		const server = await startDnsServer({ zones: [EDGE.parent], doh: { requestMs: HOUR } });
		const headers = { Expect: "100-continue", "Content-Length": "50" };
		const sent = request(server.dohUrl, { method: "POST", headers });
		const cut = new Promise((resolve) => sent.on("error", resolve));
		await new Promise((resolve) => sent.on("continue", resolve).flushHeaders());
		await server.stop();
		expect(await cut).toMatchObject({ code: "ECONNRESET" });
	});

	it("frees every port, with askers in the midst of all of it", async () => {
		const server = await startDnsServer({ zones: [EDGE.parent] });
		server.fault({ is: "late", ms: HOUR });
		const { socket, closed } = await talk(server);
		socket.write(framed(question("api.edge.test")));
		const fetched = ask(`${server.dohUrl}?name=api.edge.test`).catch(() => "cut");
		const hung = resolverOf(server)
			.resolve4("api.edge.test")
			.catch(() => "cut");
		await server.stop();
		await closed;
		expect(await fetched).toBe("cut");
		const again = await startDnsServer({
			zones: [EDGE.parent],
			port: server.port,
			dohPort: Number(new URL(server.dohUrl).port),
		});
		await again.stop();
		await hung;
	});

	it("leaves nothing behind when a port is taken", async () => {
		const taken = createServer();
		await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
		const { port } = taken.address() as { port: number };
		const zones = [EDGE.parent];
		await expect(startDnsServer({ zones, port })).rejects.toMatchObject({ code: "EADDRINUSE" });
		const udp = createSocket("udp4");
		await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
		const udpPort = udp.address().port;
		await expect(startDnsServer({ zones, port: udpPort })).rejects.toMatchObject({
			code: "EADDRINUSE",
		});
		await expect(startDnsServer({ zones, dohPort: port })).rejects.toMatchObject({
			code: "EADDRINUSE",
		});
		await new Promise<void>((resolve) => udp.close(resolve));
		taken.close();
		// What it had opened by then is free again.
		await (await startDnsServer({ zones, port: udpPort })).stop();
	});
});
