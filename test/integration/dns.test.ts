/* c-ares against a name server on loopback UDP, and a client on real sockets that goes by it. */
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeResolver } from "../../src/dns.js";
import type { DnsAnswer } from "../../src/endpoint/dns-answer.js";
import { answerTo, NXDOMAIN, records, SERVFAIL, type UdpDns, udpDns } from "../support/udp-dns.js";

const NAME = "wss-primary.test";
const A = { name: NAME, type: "A" };

async function serve(reply: UdpDns["reply"]): Promise<UdpDns> {
	const dns = await udpDns(reply);
	onTestFinished(() => dns[Symbol.asyncDispose]());
	return dns;
}

function ask(
	dns: UdpDns,
	options: { timeoutMs?: number; tries?: number } = {},
	name = NAME,
): Promise<readonly DnsAnswer[]> {
	const resolver = nodeResolver({ servers: [dns.server], ...options });
	return resolver.resolve(name, { signal: new AbortController().signal });
}

describe("nodeResolver, over UDP", () => {
	it("tells the addresses of both families with their TTLs", async () => {
		const dns = await serve((asked) => records(asked, ["192.0.2.1", "2001:db8::1"], 45));
		expect(await ask(dns)).toEqual([
			{ address: "192.0.2.1", family: 4, ttlMs: 45_000 },
			{ address: "2001:db8::1", family: 6, ttlMs: 45_000 },
		]);
		expect(dns.asked.map(({ type }) => type).sort()).toEqual(["A", "AAAA"]);
	});

	it("does not wait for a family that is silent", async () => {
		const dns = await serve((asked) =>
			asked.type === "A" ? records(asked, ["192.0.2.1"], 45) : null,
		);
		// c-ares would go on with the other one for a minute; a test has no such time.
		expect(await ask(dns, { timeoutMs: 30_000 })).toHaveLength(1);
	});

	it.each([
		["no such name (D1)", { flags: NXDOMAIN }, { retryAfterMs: 30_000 }],
		["a failure (D2)", { flags: SERVFAIL }, { retryAfterMs: undefined }],
		["an empty answer", {}, { retryAfterMs: 30_000 }],
	])("rejects with dns-unavailable on %s", async (_, reply, expected) => {
		const dns = await serve(() => reply);
		await expect(ask(dns)).rejects.toMatchObject({
			code: "dns-unavailable",
			retryable: true,
			...expected,
		});
	});

	it("asks a silent server twice for each family, then rejects (D3)", async () => {
		const dns = await serve(() => null);
		await expect(ask(dns, { timeoutMs: 100 })).rejects.toMatchObject({ code: "dns-unavailable" });
		expect(dns.asked.length).toBe(4);
	});

	it("takes an answer that comes late, within its patience (D4)", async () => {
		const dns = await serve(async (asked) => {
			await new Promise((resolve) => setTimeout(resolve, 300));
			return records(asked, ["192.0.2.1"], 0);
		});
		expect(await ask(dns, { timeoutMs: 20_000, tries: 1 })).toEqual([
			{ address: "192.0.2.1", family: 4, ttlMs: 0 },
		]);
	});

	const good = (query: Parameters<typeof answerTo>[0]): Uint8Array =>
		answerTo(query, records(A, ["192.0.2.1"], 45));
	it.each<[string, UdpDns["reply"]]>([
		[
			"for another name",
			(_, query) => answerTo(query, { questions: [{ name: "other.test", type: "A" as never }] }),
		],
		[
			"with another id",
			(_, query) => answerTo({ ...query, id: (query.id ?? 0) ^ 1 }, records(A, ["192.0.2.1"], 45)),
		],
		["that is noise", () => new Uint8Array(40).fill(0xc0)],
		["that is cut off", (_, query) => good(query).slice(0, -3)],
		[
			"that is a loop of aliases",
			(asked) => ({
				answers: [
					{ name: NAME, type: "CNAME", class: "IN" as never, ttl: 1, data: "b.test" },
					{ name: "b.test", type: "CNAME", class: "IN" as never, ttl: 1, data: asked.name },
				],
			}),
		],
	])("rejects on an answer %s", async (_, reply) => {
		const dns = await serve(reply);
		await expect(ask(dns, { timeoutMs: 200, tries: 1 })).rejects.toMatchObject({
			code: "dns-unavailable",
		});
	});

	it("takes one of two answers to a question", async () => {
		const dns = await serve((asked) => [
			records(asked, ["192.0.2.1"], 45),
			records(asked, ["192.0.2.2"], 45),
		]);
		expect((await ask(dns)).map(({ address }) => address)).toEqual(["192.0.2.1"]);
	});

	it("looks localhost up as the system does, and asks no server", async () => {
		const dns = await serve(() => null);
		for (const { address, ttlMs } of await ask(dns, {}, "localhost")) {
			expect(["127.0.0.1", "::1"]).toContain(address);
			expect(ttlMs).toBe(60_000);
		}
		expect(dns.asked).toEqual([]);
	});

	it("asks nobody what an IP address is", async () => {
		const dns = await serve(() => null);
		expect(await ask(dns, {}, "::1")).toEqual([{ address: "::1", family: 6, ttlMs: 3_600_000 }]);
		expect(dns.asked).toEqual([]);
	});

	it("is over at once when the caller has enough", async () => {
		const dns = await serve(() => null);
		const enough = new AbortController();
		const resolver = nodeResolver({ servers: [dns.server], timeoutMs: 60_000 });
		const resolving = resolver.resolve(NAME, { signal: enough.signal });
		enough.abort();
		await expect(resolving).rejects.toBeDefined();
		await expect(resolver.resolve(NAME, { signal: enough.signal })).rejects.toBeDefined();
	});

	it.each([{ servers: ["dns.example"] }, { timeoutMs: 0 }, { tries: 0 }])(
		"throws for %j",
		(options) => expect(() => nodeResolver(options)).toThrow(/nodeResolver/),
	);
});
