import * as undici from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebSocketConstructor } from "../../src/runtime/runtime.js";
import { singleUse, resilient } from "../support/websocket-classes.js";
import { ROWS } from "../support/websocket-rows.js";
import { type RowServer, serveRows } from "../support/websocket-server.js";

let server: RowServer;
beforeAll(async () => {
	server = await serveRows();
});
afterAll(() => server[Symbol.asyncDispose]());

/** The class that Node 22 and up have as their own. */
const native = undici.WebSocket as unknown as typeof WebSocket;
const onNative = { WebSocket: native as unknown as WebSocketConstructor };
const forMany = ROWS.filter((row) => !row.singleUse);

describe("Of the WHATWG standard, in Node", () => {
	it.each(ROWS)("undici's class, which Node has as its own: $part: $title", async (row) => {
		const { expected, undici: own = expected } = row;
		expect(await row.observe({ WebSocket: native, server: server.url })).toEqual(own);
	});

	it.each(ROWS)("failoverWebSocket on ws: $part: $title", async (row) => {
		const WebSocket = singleUse(server.url);
		expect(await row.observe({ WebSocket, server: server.url })).toEqual(row.expected);
	});

	it.each(ROWS)("failoverWebSocket on undici: $part: $title", async (row) => {
		const WebSocket = singleUse(server.url, onNative);
		expect(await row.observe({ WebSocket, server: server.url })).toEqual(row.expected);
	});

	it.each(forMany)("ResilientWebSocket on ws: $part: $title", async (row) => {
		const WebSocket = resilient();
		expect(await row.observe({ WebSocket, server: server.url })).toEqual(row.expected);
	});
});
