/* E13 and E14 in the whole edge: through DNS, TLS and the PoPs' proxies, as clients come. */
import { access } from "node:fs/promises";
import { LogLevel, SocketModeClient } from "@slack/socket-mode";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { CONFIG } from "../../../playground/edge/config.js";
import { dialling } from "../../../playground/edge/fleet/dialling.js";
import { until } from "../../support/until.js";
import { type EdgeRig, startRig } from "./edge-rig.js";
import { networkNear } from "./network-near.js";

const APP = { id: "A1", token: "xapp-of-a-test" };
const ADA = { Authorization: "Bearer ada" };
const TUS = { "Tus-Resumable": "1.0.0" };

let rig: EdgeRig;
beforeAll(async () => {
	rig = await startRig({ apps: [APP] });
});
afterAll(async () => {
	const { uploads } = rig.edge.assembly.room;
	await rig.stop();
	await expect(access(uploads)).rejects.toThrow();
});

/** As somebody near this PoP. */
function near(pop: string) {
	const { neighbourhood = "" } = CONFIG.pops.find(({ name }) => name === pop) ?? {};
	const { runtime, stop } = dialling(rig.edge.assembly.fleetWorld(), neighbourhood);
	onTestFinished(stop);
	return (path: string, init: RequestInit = {}): Promise<Response> =>
		runtime.fetch(`${rig.edge.assembly.where.node.api}${path}`, init);
}

it("Flannel knows at its PoP what was asked for once, and hears of changes from the main region", async () => {
	const [dublin, frankfurt] = [near("DUB"), near("FRA")];
	const { assembly } = rig.edge;
	const ask = async (fetch: typeof dublin) =>
		(await (await fetch("/flannel/T1/users?ids=U1,U2,C9", { headers: ADA })).json()) as object;
	const before = { users: [{ id: "U1", name: "T1 U1" }, { id: "U2" }], fresh: true };
	expect(await ask(dublin)).toMatchObject(before);
	const { questions } = assembly.main.directory.counts;
	for (let n = 0; n < 20; n += 1) expect(await ask(dublin)).toMatchObject(before);
	expect(assembly.main.directory.counts.questions).toBe(questions);
	expect(await ask(frankfurt)).toMatchObject(before);
	expect(assembly.main.directory.counts.questions).toBe(questions + 1);
	await assembly.main.directory.rename("T1", "users", "U1", "Ada");
	const after = {
		users: [
			{ id: "U1", name: "Ada" },
			{ id: "U2", name: "T1 U2" },
		],
	};
	for (const fetch of [dublin, frankfurt])
		await until(async () => JSON.stringify(await ask(fetch)).includes("Ada"), "the change");
	expect(await ask(dublin)).toMatchObject(after);
	expect((await dublin("/flannel/T1/users?ids=U1")).status).toBe(401);
	expect((await dublin("/flannel/T1/users?ids=", { headers: ADA })).status).toBe(400);
});

it("an upload that began at one PoP goes on at another when that one is killed, and is there for all", async () => {
	const dublin = near("DUB");
	const bytes = Buffer.from("a message in a bottle");
	const created = await dublin("/uploads", {
		method: "POST",
		headers: { ...TUS, "Upload-Length": String(bytes.length) },
	});
	expect(created.status).toBe(201);
	const path = String(created.headers.get("location"));
	const patch = (offset: number, end: number) =>
		dublin(path, {
			method: "PATCH",
			headers: {
				...TUS,
				"Content-Type": "application/offset+octet-stream",
				"Upload-Offset": String(offset),
			},
			body: bytes.toString("utf8", offset, end),
		});
	expect((await patch(0, 9)).status).toBe(204);
	await rig.control.act({ do: "kill-pop", pop: "DUB" });
	onTestFinished(() => rig.control.act({ do: "restore-pop", pop: "DUB" }));
	const head = await until(
		() => dublin(path, { method: "HEAD", headers: TUS }).catch(() => null),
		"DNS to lead elsewhere",
	);
	expect(head.headers.get("upload-offset")).toBe("9");
	expect((await patch(9, bytes.length)).status).toBe(204);
	const file = await near("LHR")(`/files/${path.slice(path.lastIndexOf("/") + 1)}`, {
		headers: { Range: "bytes=2-8" },
	});
	expect([file.status, await file.text()]).toEqual([206, "message"]);
});

it("Imgproxy leads to nothing of the edge's own", async () => {
	const { dns, authority: _authority, ...where } = rig.edge.assembly.where.node;
	const links = [`http://${dns}/`, where.dohUrl, "http://169.254.169.254/latest/meta-data/"];
	for (const link of links) {
		const answer = await near("FRA")(`/image?url=${encodeURIComponent(link)}`);
		expect(answer.status).toBe(403);
	}
});

it("boots are shed alone at a PoP, by order: polls, and boots elsewhere, go on", async () => {
	expect((await near("FRA")("/boot/T1")).status).toBe(200);
	await rig.control.act({ do: "allow-boots", pop: "FRA", share: 0 });
	const refused = await near("FRA")("/boot/T1");
	expect(refused.status).toBe(503);
	expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
	expect((await near("LHR")("/boot/T1")).status).toBe(200);
	const client = rig.client("FRA");
	expect(await client.publish("lobby", "still here")).toMatchObject({ status: "stored" });
	expect((await near("FRA")("/nothing-of-ours")).status).toBe(404);
	await rig.control.act({ do: "heal" });
	expect((await near("FRA")("/boot/T1")).status).toBe(200);
});

it("an app of Applink's hears what somebody publishes to it at any PoP", async () => {
	const app = new SocketModeClient({
		appToken: APP.token,
		logLevel: LogLevel.ERROR,
		clientOptions: { slackApiUrl: `${rig.edge.assembly.where.node.api}/api/` },
		dispatcher: networkNear(rig, "FRA"),
	});
	onTestFinished(() => app.disconnect());
	const heard = new Promise((resolve) => {
		app.on("message", ({ event, ack }) => {
			void ack();
			resolve(event);
		});
	});
	await app.start();
	const client = rig.client("LHR");
	await client.publish("app:A1", "hello, app");
	expect(await heard).toMatchObject({ channel: "app:A1", text: "hello, app" });
	const { applink } = rig.edge.assembly.main.apps;
	await until(() => applink.counts.acknowledged === 1, "its acknowledgement");
	const refused = await near("LHR")("/api/apps.connections.open", {
		method: "POST",
		headers: { Authorization: "Bearer xapp-another" },
	});
	expect(await refused.json()).toEqual({ ok: false, error: "invalid_auth" });
});
