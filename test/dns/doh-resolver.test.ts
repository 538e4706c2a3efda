import { decode, encode, type Packet } from "@dnsquery/dns-packet";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DohResolverOptions, dohResolver } from "../../src/dns.js";
import type { DnsAnswer } from "../../src/endpoint/dns-answer.js";
import { isRealtimeError, type RealtimeError } from "../../src/errors/realtime-error.js";
import { answerTo, NXDOMAIN, SERVFAIL } from "../support/udp-dns.js";

const NAME = "wss-primary.example";
const URL_ = "https://dns.example/dns-query";
const TYPE = "application/dns-message";

interface Served {
	readonly url: URL;
	readonly init: RequestInit;
	readonly query: Packet;
	readonly type: string;
}

type Serve = (served: Served) => Response | Uint8Array | Promise<Response | Uint8Array>;

const respond = (bytes: Uint8Array, headers: Record<string, string> = {}): Response =>
	new Response(bytes as BodyInit, { headers: { "content-type": TYPE, ...headers } });

/** A resolver whose server is a function, and what was asked of it. */
function scene(serve: Serve, options: Partial<DohResolverOptions> = {}) {
	const served: Served[] = [];
	const fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
		const url = new URL(String(input));
		const text = (url.searchParams.get("dns") ?? "").replaceAll("-", "+").replaceAll("_", "/");
		const query = decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
		const type = String(query.questions?.[0]?.type);
		const one = { url, init, query, type };
		served.push(one);
		const response = await serve(one);
		return response instanceof Uint8Array ? respond(response) : response;
	};
	const resolver = dohResolver({ url: URL_, fetch: fetch as typeof globalThis.fetch, ...options });
	const resolve = (name = NAME): Promise<readonly DnsAnswer[]> =>
		resolver.resolve(name, { signal: new AbortController().signal });
	return { served, resolve, resolver };
}

async function failure(work: Promise<unknown>): Promise<RealtimeError> {
	const reason = await work.then(
		() => undefined,
		(reason: unknown) => reason,
	);
	if (!isRealtimeError(reason)) throw new Error(`not one of ours: ${String(reason)}`);
	return reason;
}

const record = (type: string, data: unknown, ttl = 60, name = NAME): object => ({
	name,
	type,
	class: "IN",
	ttl,
	data,
});
const packet = (parts: object): Partial<Packet> => parts as Partial<Packet>;
const a = (address: string, ttl?: number, name?: string): object => record("A", address, ttl, name);
/** What the library decodes it does not encode again: its raw bytes come out as zeros. */
function echoOf({ additionals = [] }: Packet): object {
	const [opt] = additionals as unknown as [{ options: { family: number; ip: string }[] }];
	const options = opt.options.map(({ family, ip }) => {
		return { code: "CLIENT_SUBNET", family, ip, sourcePrefixLength: 24, scopePrefixLength: 20 };
	});
	return { type: "OPT", name: ".", options };
}
const both = ({ query, type }: Served): Uint8Array =>
	answerTo(
		query,
		packet({ answers: [type === "A" ? a("192.0.2.1", 30) : record("AAAA", "2001:db8::1", 90)] }),
	);
/** A has these answers, AAAA has none. */
const onlyA =
	(answers: readonly object[], more: object = {}): Serve =>
	({ query, type }) =>
		answerTo(query, packet({ answers: type === "A" ? answers : [], ...more }));

describe("dohResolver", () => {
	it("asks for both families with id 0 in a GET without headers of its own, and tells their TTLs", async () => {
		const { served, resolve } = scene(both);
		expect(await resolve()).toEqual([
			{ address: "192.0.2.1", family: 4, ttlMs: 30_000 },
			{ address: "2001:db8::1", family: 6, ttlMs: 90_000 },
		]);
		expect(served.map(({ type }) => type)).toEqual(["A", "AAAA"]);
		for (const { url, init, query } of served) {
			expect(url.href).toMatch(/^https:\/\/dns\.example\/dns-query\?dns=[\w-]+$/);
			expect(query).toMatchObject({ id: 0, type: "query", flag_rd: true });
			expect(init).toMatchObject({
				headers: { accept: TYPE },
				redirect: "error",
				credentials: "omit",
				cache: "no-store",
			});
		}
	});

	it("takes from the TTL what a cache on the way has used up of it", async () => {
		const { resolve } = scene((served) => respond(both(served), { age: "40" }));
		expect((await resolve()).map(({ ttlMs }) => ttlMs)).toEqual([0, 50_000]);
	});

	it("follows aliases, with the least of the TTLs on the way", async () => {
		const chain = [
			record("CNAME", "Edge.example.", 20),
			record("CNAME", "lb.example", 300, "edge.example"),
			a("192.0.2.7", 60, "lb.example"),
			a("203.0.113.9", 60, "somebody-else.example"),
		];
		const { resolve } = scene(onlyA(chain));
		expect(await resolve()).toEqual([{ address: "192.0.2.7", family: 4, ttlMs: 20_000 }]);
	});

	it("is content with one family, when the other fails", async () => {
		const { resolve } = scene((served) =>
			served.type === "A" ? both(served) : new Response("no", { status: 500 }),
		);
		expect(await resolve()).toEqual([{ address: "192.0.2.1", family: 4, ttlMs: 30_000 }]);
	});

	it("sends a client subnet, cut to its prefix, and takes the answer that echoes it", async () => {
		const { served, resolve } = scene(
			({ query, type }) =>
				answerTo(
					query,
					packet({
						answers: type === "A" ? [a("192.0.2.1")] : [],
						additionals: [echoOf(query)],
					}),
				),
			{ clientSubnet: "198.51.100.77/24" },
		);
		expect(await resolve()).toHaveLength(1);
		const [opt] = (served[0]?.query.additionals ?? []) as unknown as [{ options: object[] }];
		expect(opt.options).toMatchObject([
			{ family: 1, sourcePrefixLength: 24, scopePrefixLength: 0, ip: "198.51.100.0" },
		]);
	});
});

describe("An answer that is none:", () => {
	const soa = (ttl: number, minimum: number): object => ({
		...record("SOA", { mname: "ns.example", rname: "x.example", minimum }, ttl, "example"),
	});

	it("no such name, with the zone's TTL for that (RFC 2308)", async () => {
		const { resolve } = scene(({ query }) =>
			answerTo(query, packet({ flags: NXDOMAIN, authorities: [soa(900, 12)] })),
		);
		expect(await failure(resolve())).toMatchObject({
			code: "dns-unavailable",
			retryAfterMs: 12_000,
			message: "NXDOMAIN",
		});
	});

	it("no address of that name", async () => {
		const { resolve } = scene(onlyA([], { authorities: [soa(5, 60)] }));
		expect(await failure(resolve())).toMatchObject({ message: "NODATA", retryAfterMs: 5_000 });
	});

	it("a server that failed: asked again sooner", async () => {
		const { resolve } = scene(({ query }) => answerTo(query, packet({ flags: SERVFAIL })));
		expect(await failure(resolve())).toMatchObject({ retryAfterMs: undefined, retryable: true });
	});

	const other = { name: "other.example", type: "A", class: "IN" };
	it.each<[string, Serve]>([
		[
			"for another name",
			({ query }) => answerTo(query, packet({ questions: [other], answers: [a("192.0.2.1")] })),
		],
		[
			"without the question",
			({ query }) => answerTo(query, packet({ questions: [], answers: [a("192.0.2.1")] })),
		],
		[
			"that is a question",
			({ query }) => encode({ ...query, answers: [a("192.0.2.1")] } as Packet),
		],
		[
			"with another id",
			({ query }) => answerTo(query, packet({ id: 77, answers: [a("192.0.2.1")] })),
		],
		["whose records are of another name", onlyA([a("192.0.2.1", 60, "other.example")])],
		[
			"that is a loop of aliases",
			onlyA([record("CNAME", "b.example"), record("CNAME", NAME, 60, "b.example")]),
		],
		["that is an alias of itself", onlyA([record("CNAME", NAME)])],
		[
			"whose chain of aliases is long",
			onlyA([
				record("CNAME", "0.example"),
				...Array.from({ length: 20 }, (_, n) =>
					record("CNAME", `${n + 1}.example`, 60, `${n}.example`),
				),
				a("192.0.2.1", 60, "20.example"),
			]),
		],
		["that is truncated, and says so", onlyA([a("192.0.2.1")], { flags: 1 << 9 })],
		["that is cut off", (served) => both(served).slice(0, -3)],
		["that is empty", () => new Uint8Array(0)],
		["that is noise", () => new Uint8Array(300).fill(0xc0)],
		[
			"that promises 65,535 records",
			({ query }) => {
				const bytes = answerTo(query, {});
				bytes[6] = bytes[7] = 0xff;
				return bytes;
			},
		],
		[
			"for another subnet than was sent",
			({ query, type }) =>
				answerTo(
					query,
					packet({
						answers: type === "A" ? [a("192.0.2.1")] : [],
						additionals: [
							{
								type: "OPT",
								name: ".",
								options: [
									{ code: "CLIENT_SUBNET", ip: "10.9.0.0", family: 1, sourcePrefixLength: 16 },
								],
							},
						],
					}),
				),
		],
		[
			"from a captive portal",
			() => new Response("<html>", { headers: { "content-type": "text/html" } }),
		],
		["with status 302", () => new Response(null, { status: 302, headers: { location: "/" } })],
		["of 66,000 bytes", () => respond(new Uint8Array(66_000))],
		[
			"that is broken off",
			() => {
				throw new TypeError("network error");
			},
		],
	])("one %s", async (_, serve) => {
		const { resolve } = scene(serve, { clientSubnet: "198.51.100.0/24" });
		expect(await failure(resolve())).toMatchObject({ code: "dns-unavailable", retryable: true });
	});

	it("TTLs of 0 and of 2^31 are told as they are: the tracker knows what to make of them", async () => {
		const { resolve } = scene(onlyA([a("192.0.2.1", 0), a("192.0.2.2", 2 ** 31)]));
		expect((await resolve()).map(({ ttlMs }) => ttlMs)).toEqual([0, 2 ** 31 * 1_000]);
	});

	it("a fetch that never ends is over when the caller has enough", async () => {
		const { resolver } = scene(
			({ init }) =>
				new Promise((_, reject) => {
					init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
				}),
		);
		const enough = new AbortController();
		const resolving = resolver.resolve(NAME, { signal: enough.signal });
		enough.abort(new Error("enough"));
		await expect(resolving).rejects.toThrow("enough");
	});

	it("whatever bytes come, it is addresses or one of our errors (10,000 answers, good ones with flipped bytes)", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.uint8Array({ maxLength: 80 }),
				fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 6 }),
				fc.boolean(),
				async (noise, flips, isNoise) => {
					const { resolve } = scene((served) => {
						if (isNoise) return noise;
						const bytes = both(served);
						for (const [at, value] of flips) if (at < bytes.length) bytes[at] = value;
						return bytes;
					});
					try {
						for (const { address } of await resolve()) expect(address).toMatch(/^[\da-f.:]+$/);
					} catch (reason) {
						expect(isRealtimeError(reason), String(reason)).toBe(true);
					}
				},
			),
			{ seed: 84, numRuns: 5_000 },
		);
	}, 120_000);
});

describe("Misuse of dohResolver", () => {
	it.each(["http://dns.example/", "ftp://x/", "x", "https://u:p@x/", "https://x/#y", ""])(
		"with the url %j throws",
		(url) => expect(() => dohResolver({ url })).toThrow(/url/),
	);
	it("takes plain HTTP on loopback", () => {
		expect(() => dohResolver({ url: "http://127.0.0.1:1/dns-query?x=1" })).not.toThrow();
	});
	it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/20", "::/130", "x/8", "1.2.3.4/8/8", "1.2.3.4/-8"])(
		"with the subnet %j throws",
		(clientSubnet) =>
			expect(() => dohResolver({ url: URL_, clientSubnet })).toThrow(/clientSubnet/),
	);
	it.each(["", ".", "a..b", `${"x".repeat(64)}.example`, "ü.example", `${"x.".repeat(128)}x`])(
		"with the name %j asks nobody",
		async (name) => {
			const { served, resolve } = scene(both);
			expect(await failure(resolve(name))).toMatchObject({ code: "dns-unavailable" });
			expect(served).toEqual([]);
		},
	);
});
