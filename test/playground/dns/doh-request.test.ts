import { describe, expect, it } from "vitest";
import { type HttpQuestion, readHttp } from "../../../playground/edge/dns/doh-request.js";
import { readQuery } from "../../../playground/edge/dns/wire.js";

const WIRE = "AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB";

const read = (changes: Partial<HttpQuestion>): ReturnType<typeof readHttp> =>
	readHttp({
		method: "GET",
		url: "/dns-query",
		contentType: "",
		body: new Uint8Array(),
		...changes,
	});

const asked = (url: string): unknown => {
	const of = read({ url });
	if (of.is === "refused") return of.status;
	const question = readQuery(of.message);
	return question.is === "query" ? [of.is, question.query.name, question.query.type] : question.is;
};

describe("A question over HTTP", () => {
	it("comes in base64url, as in RFC 8484's own example", () => {
		expect(asked(`/dns-query?dns=${WIRE}`)).toEqual(["wire", "www.example.com", "A"]);
	});

	it("comes as a body of its type, with parameters or without", () => {
		const body = Buffer.from(WIRE, "base64url");
		for (const contentType of ["application/dns-message", "Application/DNS-Message; a=b"])
			expect(read({ method: "POST", contentType, body })).toEqual({ is: "wire", message: body });
	});

	it("comes by name, with the type by name or number", () => {
		expect(asked("/dns-query?name=a.test")).toEqual(["json", "a.test", "A"]);
		expect(asked("/dns-query?name=a.test.&type=aaaa")).toEqual(["json", "a.test", "AAAA"]);
		expect(asked("/dns-query?name=*.a.test&type=28")).toEqual(["json", "*.a.test", "AAAA"]);
		expect(asked("/dns-query?name=_x.a.test&type=65")).toEqual(["json", "_x.a.test", "UNKNOWN_65"]);
	});

	it("may name a client subnet", () => {
		const of = read({ url: "/dns-query?name=a.test&edns_client_subnet=127.0.1.0/24" });
		const question = readQuery((of as { message: Uint8Array }).message);
		expect(question).toMatchObject({
			query: { edns: { subnets: [Uint8Array.from([0, 1, 24, 0, 127, 0, 1])] } },
		});
	});

	it.each<[string, number, Partial<HttpQuestion>]>([
		["at another path", 404, { url: "/" }],
		["at no path at all", 404, { url: "//" }],
		["by PUT", 405, { method: "PUT" }],
		["of another type", 415, { method: "POST", contentType: "application/json" }],
		["of no type", 415, { method: "POST" }],
		["without parameters", 400, {}],
		["in base64 of the other kind", 400, { url: "/dns-query?dns=AA%2B%2F" }],
		["that is empty", 400, { url: "/dns-query?dns=" }],
		["for an empty name", 400, { url: "/dns-query?name=" }],
		["for a name with an empty label", 400, { url: "/dns-query?name=a..b" }],
		["for a label of 64", 400, { url: `/dns-query?name=${"a".repeat(64)}` }],
		["for a name of 254", 400, { url: `/dns-query?name=${"a.".repeat(127)}` }],
		["for a name with a space", 400, { url: "/dns-query?name=a%20b" }],
		["for a type that is none", 400, { url: "/dns-query?name=a&type=NONE" }],
		["for type 65,536", 400, { url: "/dns-query?name=a&type=65536" }],
		[
			"with a subnet that is none",
			400,
			{ url: "/dns-query?name=a&edns_client_subnet=127.0.1.1/24" },
		],
	])("%s is refused with %d", (_, status, changes) => {
		expect(read(changes)).toMatchObject({ is: "refused", status });
	});
});
