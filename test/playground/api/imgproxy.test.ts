/* E14, bad input to Imgproxy: which addresses and links are none for a stranger. */
import { describe, expect, it } from "vitest";
import { isPublicAddress } from "../../../playground/edge/api/imgproxy/public-address.js";
import { readQuestion, readSource } from "../../../playground/edge/api/imgproxy/question.js";

it.each(["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])(
	"%s is on the public internet",
	(address) => {
		expect(isPublicAddress(address)).toBe(true);
	},
);

it.each<[string, string]>([
	["127.0.0.1", "this machine"],
	["0.0.0.0", "this machine, to connect()"],
	["10.1.2.3", "a private range"],
	["172.16.0.1", "a private range"],
	["192.168.1.1", "a private range"],
	["169.254.169.254", "a cloud's metadata"],
	["100.64.0.1", "a carrier's NAT"],
	["192.0.0.1", "protocol assignments"],
	["198.18.0.1", "benchmarks"],
	["192.0.2.1", "documentation"],
	["224.0.0.1", "multicast"],
	["240.0.0.1", "reserved"],
	["255.255.255.255", "broadcast"],
	["::1", "this machine"],
	["::", "this machine"],
	["::ffff:127.0.0.1", "IPv4, mapped"],
	["::ffff:10.0.0.1", "IPv4, mapped"],
	["::ffff:8.8.8.8", "IPv4, mapped, though public: nobody has such a record in good faith"],
	["::127.0.0.1", "IPv4, compatible"],
	["64:ff9b::7f00:1", "NAT64"],
	["64:ff9b:1::1", "NAT64, local"],
	["2002:7f00:1::", "6to4"],
	["2001:0:1::1", "Teredo"],
	["2001:db8::1", "documentation"],
	["fe80::1", "link-local"],
	["fe80::1%eth0", "link-local with a zone"],
	["fec0::1", "site-local"],
	["fc00::1", "unique local"],
	["fd12:3456::1", "unique local"],
	["ff02::1", "multicast"],
	["4000::1", "no block of anybody's"],
	["localhost", "no address"],
	["", "nothing"],
])("%s is not: %s", (address) => {
	expect(isPublicAddress(address)).toBe(false);
});

describe("a link", () => {
	it.each<[string, string]>([
		["http://2130706433/", "127.0.0.1"],
		["http://0x7f.1/", "127.0.0.1"],
		["http://0177.0.0.1/", "127.0.0.1"],
		["http://127.1/", "127.0.0.1"],
		["http://①②⑦.0.0.1/", "127.0.0.1"],
		["http://[::ffff:127.0.0.1]/", "[::ffff:7f00:1]"],
	])("%s is one of %s, whatever its notation", (link, host) => {
		const read = readSource(link, undefined);
		expect(read.is === "read" && read.value.hostname).toBe(host);
		expect(isPublicAddress(host.replace(/[[\]]/g, ""))).toBe(false);
	});

	it.each([
		"",
		"cat.png",
		"//example.com/cat.png",
		"file:///etc/passwd",
		"ftp://example.com/cat.png",
		"gopher://127.0.0.1:6379/_FLUSHALL",
		"data:image/png;base64,AAAA",
		"javascript:alert(1)",
		"http://user:secret@example.com/",
		"http://example.com@evil.example/@",
		"http://[fe80::1%25eth0]/",
		"http://exa mple.com/",
		`http://example.com/${"x".repeat(2_048)}`,
	])("%s is none", (link) => {
		expect(readSource(link, undefined).is).toBe("wrong");
	});
});

describe("a question", () => {
	const ask = (rest: string) =>
		readQuestion(new URLSearchParams(`url=${encodeURIComponent("http://a.example/b")}${rest}`));

	it("has a size and a format, or any", () => {
		expect(ask("")).toMatchObject({ value: { width: null, height: null, format: "webp" } });
		expect(ask("&w=64&h=4096&format=png")).toMatchObject({
			value: { width: 64, height: 4096, format: "png" },
		});
	});

	it.each(["&w=0", "&w=4097", "&w=-1", "&w=1e3", "&w=", "&h=99999", "&format=svg", "&format="])(
		"with %s is refused",
		(rest) => {
			expect(ask(rest)).toMatchObject({ is: "wrong", status: 400 });
		},
	);
});
