/* E13, bad input: what is not Socket Mode is turned away, and harms nobody. */
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { until } from "../../support/until.js";
import { APP, type ApplinkRig, startApplink, TOKEN } from "./applink-rig.js";

async function open({ api }: ApplinkRig, init: RequestInit = {}): Promise<Record<string, unknown>> {
	const headers = { Authorization: `Bearer ${TOKEN}` };
	const response = await fetch(`${api}apps.connections.open`, { method: "POST", headers, ...init });
	return (await response.json()) as Record<string, unknown>;
}

async function dial(url: string, options: object = {}): Promise<WebSocket> {
	const socket = new WebSocket(url, options);
	onTestFinished(() => socket.terminate());
	socket.on("error", () => undefined);
	return socket;
}

const refusal = (socket: WebSocket): Promise<number | undefined> =>
	new Promise((resolve, reject) => {
		socket.once("unexpected-response", (_request, { statusCode }) => resolve(statusCode));
		socket.once("open", () => reject(new Error("it was let in")));
	});

const greeted = (socket: WebSocket): Promise<unknown> =>
	new Promise((resolve, reject) => {
		socket.once("message", (data) => resolve(JSON.parse(String(data))));
		socket.once("close", reject);
	});

const closed = (socket: WebSocket): Promise<number> =>
	new Promise((resolve) => socket.once("close", resolve));

it.each<[string, RequestInit, string]>([
	["without a token", { headers: {} }, "missing_args"],
	[
		"with one in its body",
		{ headers: {}, body: new URLSearchParams({ token: TOKEN }) },
		"missing_args",
	],
	["with a wrong one", { headers: { Authorization: "Bearer xapp-2" } }, "invalid_auth"],
	["by GET", { method: "GET" }, "insecure_request"],
])("opens nothing for a request %s", async (_what, init, error) => {
	expect(await open(await startApplink(), init)).toEqual({ ok: false, error });
});

it("says when to come again past 50 URLs a minute", async () => {
	const rig = await startApplink({ policy: { opensPerMinute: 2 } });
	await open(rig);
	await open(rig);
	const headers = { Authorization: `Bearer ${TOKEN}` };
	const late = await fetch(`${rig.api}apps.connections.open`, { method: "POST", headers });
	expect(late.status).toBe(429);
	expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(0);
});

it("says so while no host runs", async () => {
	const rig = await startApplink();
	for (const host of rig.applink.hosts) await host.kill();
	expect(await open(rig)).toEqual({ ok: false, error: "service_unavailable" });
});

it("refuses a ticket that was used, one that was made up, and other paths", async () => {
	const rig = await startApplink();
	const url = String((await open(rig)).url);
	expect(await greeted(await dial(url))).toMatchObject({
		type: "hello",
		num_connections: 1,
		connection_info: { app_id: APP },
		debug_info: { approximate_connection_time: 18_060 },
	});
	expect(await refusal(await dial(url))).toBe(403);
	expect(await refusal(await dial(url.replace(/ticket=[^&]+/, "ticket=guess")))).toBe(403);
	expect(await refusal(await dial(url.replace("/link/", "/other/")))).toBe(404);
	expect(await refusal(await dial(url.replace(/\?.*/, "")))).toBe(404);
});

it("announces six minutes to who wants to see refreshes", async () => {
	const rig = await startApplink();
	const socket = await dial(`${(await open(rig)).url}&debug_reconnects=true`);
	expect(await greeted(socket)).toMatchObject({
		debug_info: { approximate_connection_time: 360 },
	});
});

it("minds no frame that is none, and ends a socket that sends too much", async () => {
	const rig = await startApplink();
	const socket = await dial(String((await open(rig)).url));
	await greeted(socket);
	const strange = [
		"",
		"{",
		"[]",
		"null",
		'{"envelope_id":7}',
		`{"envelope_id":"${"x".repeat(65)}"}`,
	];
	for (const frame of strange) socket.send(frame);
	socket.send(Buffer.from('{"envelope_id":"x"}'));
	socket.send('{"envelope_id":"of nothing that there is"}');
	await until(() => rig.applink.counts.strange === strange.length + 1, "all of them to be seen");
	expect(rig.applink.counts.sockets).toEqual({ [APP]: 1 });
	socket.send("x".repeat(256 * 1024 + 1));
	expect(await closed(socket)).toBe(1009);
	await until(() => rig.applink.counts.sockets[APP] === undefined, "it to count no more");
});

it("counts a socket no more that answers no ping: half-open ones would fill the app's ten", async () => {
	const rig = await startApplink({ pingMs: 50 });
	const socket = await dial(String((await open(rig)).url), { autoPong: false });
	await greeted(socket);
	expect(await closed(socket)).toBe(1006);
	await until(() => rig.applink.counts.sockets[APP] === undefined, "it to count no more");
});
