import { describe, expect, it } from "vitest";
import { addressOf } from "../../src/websocket/address.js";

const dial = (endpoint: string, asked: string, ...known: string[]): string =>
	addressOf(
		{ url: endpoint },
		new URL(asked),
		[endpoint, ...known].map((url) => ({ url })),
	);

describe("Where a socket dials", () => {
	it.each([
		["the endpoint itself", "wss://a/live", "wss://a/live", [], "wss://a/live"],
		[
			"a slash stays where the endpoint has one",
			"wss://a/live/",
			"wss://a/live/",
			[],
			"wss://a/live/",
		],
		["another endpoint", "wss://b/live", "wss://a/live", ["wss://a/live"], "wss://b/live"],
		["a path below it", "wss://b", "wss://a/room/1?v=2", ["wss://a"], "wss://b/room/1?v=2"],
		["bases differ", "wss://b/eu/ws", "wss://a/ws/room", ["wss://a/ws"], "wss://b/eu/ws/room"],
		["a base at the root", "wss://b/", "wss://a/eu/room", ["wss://a/eu"], "wss://b/room"],
		[
			"the longest base counts",
			"wss://b/x",
			"wss://a/ws/room",
			["wss://a", "wss://a/ws"],
			"wss://b/x/room",
		],
		[
			"only whole segments are a base",
			"wss://b/x",
			"wss://a/wsroom",
			["wss://a/ws"],
			"wss://b/x/wsroom",
		],
		[
			"a host that is no endpoint, the path its own",
			"wss://b/ws",
			"ws://any/ws/room",
			[],
			"wss://b/ws/room",
		],
		["a host that is no endpoint, nothing said", "wss://b/ws", "ws://any/", [], "wss://b/ws"],
		["another port is another server", "wss://b:8/ws", "wss://b:9/ws", [], "wss://b:8/ws"],
		[
			"escapes stay as they are",
			"wss://b",
			"wss://a/a%20b?c=%20+d",
			["wss://a"],
			"wss://b/a%20b?c=%20+d",
		],
		[
			"both have a query",
			"wss://b/ws?k=2",
			"wss://a/ws?k=1&v=3",
			["wss://a/ws?k=1"],
			"wss://b/ws?k=2&v=3",
		],
	])("%s", (_, endpoint, asked, known, expected) => {
		expect(dial(endpoint, asked, ...known)).toBe(expected);
	});
});
