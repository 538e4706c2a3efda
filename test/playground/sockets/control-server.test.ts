/* The control API: whom it obeys, what it says, and what it says no to. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlClient, ControlError } from "../../../playground/edge/control/client.js";
import { prepareEdge } from "../../../playground/edge/whole-edge.js";
import { until } from "../../support/until.js";
import { type EdgeRig, startRig } from "./edge-rig.js";

const PAGE = "http://localhost:4700";

let rig: EdgeRig;
beforeAll(async () => {
	rig = await startRig({ pageOrigins: [PAGE] });
});
afterAll(() => rig?.stop());

interface Asked {
	readonly status: number;
	readonly headers: Readonly<Record<string, unknown>>;
	readonly body: string;
}

/** Not by fetch, which lets nobody choose Host and Origin. */
function ask(
	changes: Readonly<Record<string, string | undefined>> = {},
	{ method = "POST", path = "/actions", body = '{"do":"set-api","up":true}' } = {},
): Promise<Asked> {
	const { port, token } = rig.edge.control;
	const usual = { Host: `127.0.0.1:${port}`, Origin: PAGE, "X-Playground-Token": token };
	const given = Object.entries({ ...usual, ...changes }).filter(([, value]) => value !== undefined);
	return new Promise((resolve, reject) => {
		const headers = Object.fromEntries(given) as Record<string, string>;
		const sent = request({ port, path, method, headers }, (response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (chunk: string) => {
				text += chunk;
			});
			response.on("end", () =>
				resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
			);
		});
		sent.on("error", reject).end(method === "POST" ? body : undefined);
	});
}

describe("the control API", () => {
	it("obeys the playground's page, and who is no page, with the token of the run", async () => {
		const asked = await ask();
		expect(asked.status).toBe(204);
		expect(asked.headers["access-control-allow-origin"]).toBe(PAGE);
		expect((await ask({ Origin: undefined })).status).toBe(204);
		expect((await ask({ Host: `localhost:${rig.edge.control.port}` })).status).toBe(204);
	});

	it.each([
		["another Host, as of a name that was rebound", { Host: "evil.test" }, "Host is one of"],
		["another Origin", { Origin: "https://evil.test" }, "none of the playground's"],
		["the Origin of another port", { Origin: "http://localhost:4701" }, "none of the playground's"],
		["no origin that is one", { Origin: "null" }, "none of the playground's"],
		["no token", { "X-Playground-Token": undefined }, "X-Playground-Token"],
		["another token", { "X-Playground-Token": "a".repeat(32) }, "X-Playground-Token"],
	])("refuses %s, and does nothing", async (_what, changes, why) => {
		const body = '{"do":"set-api","up":false}';
		for (const path of ["/actions", "/state", "/events"]) {
			const method = path === "/actions" ? "POST" : "GET";
			const asked = await ask(changes, { method, path, body });
			expect(asked.status).toBe(403);
			expect(JSON.parse(asked.body)).toMatchObject({ code: "forbidden" });
			expect(asked.body).toContain(why);
			expect(asked.body).not.toContain(rig.edge.control.token);
		}
		expect(rig.edge.state.api.up).toBe(true);
	});

	it("lets a page of ours ask before it asks, and no other", async () => {
		const ours = await ask({ "X-Playground-Token": undefined }, { method: "OPTIONS" });
		expect(ours.status).toBe(204);
		expect(ours.headers["access-control-allow-headers"]).toContain("X-Playground-Token");
		const theirs = await ask({ Origin: "https://evil.test" }, { method: "OPTIONS" });
		expect(theirs.status).toBe(403);
		expect(theirs.headers["access-control-allow-origin"]).toBeUndefined();
	});

	it.each([
		["an action that there is not", '{"do":"explode"}', 400, '"do\\" is one of'],
		["a PoP that there is not", '{"do":"kill-pop","pop":"MARS"}', 400, "there are DUB, FRA"],
		["a gateway that there is not", '{"do":"kill-gateway","pop":"DUB","gateway":7}', 400, "0 to 1"],
		["too many clients", '{"do":"resize-fleet","clients":1000000}', 400, "from 0 to 5000"],
		["a CDN where there is none", '{"do":"heal-cdn","cdn":"primary"}', 400, "cdnRoot"],
		["what is no JSON", "{", 400, "no JSON"],
		["more than it reads", `"${"a".repeat(300_000)}"`, 413, "262144 bytes"],
	])("says of %s what would be right", async (_what, body, status, why) => {
		const asked = await ask({}, { body });
		expect(asked.status).toBe(status);
		expect(asked.body.replaceAll('\\"', '"')).toContain(why.replaceAll('\\"', '"'));
	});

	it("says what there is, for another path or method", async () => {
		expect(await ask({}, { path: "/nothing" })).toMatchObject({ status: 404 });
		const asked = await ask({}, { path: "/actions", method: "GET" });
		expect(asked).toMatchObject({ status: 405 });
		expect(asked.body).toContain("POST /actions");
	});

	it("tells the state as it changes, and what to dial, and takes reports for the ledger", async () => {
		const { control } = rig;
		const end = new AbortController();
		const seen: number[] = [];
		for await (const { pops } of control.watch(end.signal)) {
			const up = pops.filter(({ is }) => is === "up").length;
			if (seen.length === 0) await control.act({ do: "kill-pop", pop: "LHR" });
			seen.push(up);
			if (up === pops.length - 1) break;
		}
		expect(seen[0]).toBe(4);
		await control.act({ do: "restore-pop", pop: "LHR" });
		const where = await control.where();
		expect(where.browser.endpoints[0]).toMatch(/^ws:\/\/primary\.localhost:\d+\/$/);
		const at = Date.now();
		await control.report({ client: "ada", events: [{ is: "subscribed", channel: "c", at }] });
		expect((await control.state()).ledger.clients).toBe(1);
		await control.report({ client: "ada", events: [{ is: "left", channel: "c" }] });
		expect((await control.state()).ledger.clients).toBe(0);
		await until(async () => (await control.history()).length > 0, "a sample");
	});

	it("forgives a client what it owes when the page that reports for it is gone", async () => {
		const { control } = rig;
		const end = new AbortController();
		const page = control.watch(end.signal, ["lin", "fleet-1"]);
		await page.next();
		const at = Date.now();
		await control.report({ client: "lin", events: [{ is: "subscribed", channel: "c", at }] });
		expect(rig.edge.state.ledger.clients).toBe(1);
		end.abort();
		await until(() => rig.edge.state.ledger.clients === 0, "it to be forgotten");
	});

	it("can be watched while the edge starts, and refuses to act till then", async () => {
		const edge = await prepareEdge({ clients: 0 });
		const starting = edge.start();
		await until(() => edge.control.port !== 0, "the API");
		const control = new ControlClient({ url: edge.control.url, token: edge.control.token });
		const { phase, parts } = await control.state();
		expect(phase).toBe("starting");
		expect(parts[0]).toMatchObject({ name: "control", is: "up" });
		await expect(control.act({ do: "heal" })).rejects.toThrow(ControlError);
		await starting;
		await control.act({ do: "heal" });
		await edge.stop();
		await expect(control.state()).rejects.toThrow();
	});
});
