import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { launchChromium } from "../support/chromium.js";

let browser: Browser;
const http = createServer((_request, response) => {
	response.setHeader("content-type", "text/html").end("<!doctype html><title>test</title>");
});

beforeAll(async () => {
	new WebSocketServer({ server: http }).on("connection", (socket) => {
		socket.on("message", (data) => socket.send(`you said ${data}`));
	});
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
	browser = await launchChromium();
});
afterAll(async () => {
	await browser?.close();
	http.closeAllConnections();
	http.close();
});

it("a page in Chromium talks to a server of this machine over a WebSocket", async () => {
	const { port } = http.address() as AddressInfo;
	const page = await browser.newPage();
	await page.goto(`http://127.0.0.1:${port}/`);
	const heard = await page.evaluate(
		(url) =>
			new Promise((resolve, reject) => {
				const socket = new WebSocket(url);
				socket.onopen = () => socket.send("hello");
				socket.onmessage = ({ data }) => resolve(data);
				socket.onerror = reject;
			}),
		`ws://127.0.0.1:${port}/`,
	);
	expect(heard).toBe("you said hello");
});
