/* E8: a real HAProxy, as the edge runs it, and the three ends of its trilemma: pile up, cut, or cut later. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Material } from "../../../../playground/edge/proxy/material.js";
import type { Haproxy, HaproxySetup } from "../../../../playground/edge/proxy/haproxy/haproxy.js";
import type { Cluster } from "../../../../playground/edge/proxy/model/model.js";
import type { Authority } from "../../../../playground/edge/tls/authority.js";
import { until } from "../../../support/until.js";
import { NAMES, newMaterial, newRoot, socketsModel } from "../../proxy/sockets-model.js";
import { haproxyOfTest, isMissing } from "./proxy-rig.js";
import { StubUpstream } from "./stub-upstream.js";
import { closedOf, echo, type Outcome, open, openMany, serialAt } from "./web-sockets.js";

let authority: Authority;
let material: Material;

interface Rig {
	readonly haproxy: Haproxy;
	readonly root: string;
	readonly port: number;
	readonly servers: readonly StubUpstream[];
}

async function rigOf(
	count: number,
	options: HaproxySetup["options"] = {},
	changes: Partial<Cluster> = {},
): Promise<Rig> {
	const servers = Array.from({ length: count }, (_, at) => new StubUpstream(`gateway-${at + 1}`));
	for (const server of servers) {
		await server.start();
		onTestFinished(() => server.stop());
	}
	const model = await socketsModel(changes);
	const root = await newRoot();
	const haproxy = await haproxyOfTest({ model, material, root, options });
	await haproxy.start();
	const endpoints = servers.map(({ endpoint }) => endpoint);
	await haproxy.setEndpoints({ cluster: "gateways", endpoints });
	return { haproxy, root, port: model.listeners[0]?.port ?? 0, servers };
}

describe.skipIf(isMissing("haproxy"))("HAProxy", () => {
	beforeAll(async () => {
		({ authority, material } = await newMaterial());
	});
	const dial = ({ port }: Rig) => open(port, authority.cert);
	const workers = async ({ haproxy }: Rig): Promise<number> => {
		const { current, old } = await haproxy.master.workers();
		return current.length + old.length;
	};

	it("leaves one more worker at each reload, as long as somebody is connected to it", async () => {
		const rig = await rigOf(1);
		const all: Outcome[] = [];
		for (let reloads = 0; reloads < 4; reloads++) {
			all.push(...(await openMany(3, rig.port, authority.cert)));
			await rig.haproxy.reload();
		}
		expect(await workers(rig)).toBe(5);
		expect(closedOf(all)).toEqual([]);
		for (const { socket } of all) socket.close(1000);
		await until(async () => (await workers(rig)) === 1, "the old ones to end");
	});

	it("with a limit of workers cuts who is on the oldest", async () => {
		const rig = await rigOf(1, { maxReloads: 2 });
		const all: Outcome[] = [];
		for (let reloads = 0; reloads < 4; reloads++) {
			all.push(...(await openMany(2, rig.port, authority.cert)));
			await rig.haproxy.reload();
		}
		await until(() => closedOf(all).length > 0, "somebody to be cut");
		expect(closedOf(all).every((code) => code === 1006)).toBe(true);
		expect(await workers(rig)).toBeLessThanOrEqual(3);
	});

	it("with hard-stop-after cuts everybody who is on an old one", async () => {
		const rig = await rigOf(1, { hardStopAfterMs: 500 });
		const all = await openMany(4, rig.port, authority.cert);
		await rig.haproxy.reload();
		await until(() => closedOf(all).length === 4, "all to be cut");
		expect(closedOf(all)).toEqual([1006, 1006, 1006, 1006]);
	});

	it("has no place for one more endpoint than it was started with, and says so", async () => {
		const rig = await rigOf(2, { slots: 2 });
		const endpoints = [...rig.servers, ...rig.servers].map(({ endpoint }, at) => ({
			...endpoint,
			host: at < 2 ? "127.0.0.1" : "127.0.0.2",
		}));
		await expect(rig.haproxy.setEndpoints({ cluster: "gateways", endpoints })).rejects.toThrow(
			"gateways has 2 endpoints more than places: they get nothing. Start with more slots",
		);
		expect(rig.haproxy.trouble).toContain("more than places");
		expect(await rig.haproxy.runtime.ask("set server gateways/gateways-3 state ready")).toBe(
			"No such server.",
		);
		const good = rig.servers.map(({ endpoint }) => endpoint);
		await rig.haproxy.setEndpoints({ cluster: "gateways", endpoints: good });
		expect(rig.haproxy.trouble).toBeNull();
	});

	it("serves 503 by a list that is stale, and none by one that was freed first", async () => {
		const rig = await rigOf(2, { slots: 2 });
		const [one, other] = rig.servers;
		const full = await openMany(2, rig.port, authority.cert);
		// As in May 2020: both have gone, the new ones found no place.
		await one?.stop();
		await other?.stop();
		await expect(dial(rig)).rejects.toThrow("status 503");
		const fresh = new StubUpstream("fresh");
		await fresh.start();
		onTestFinished(() => fresh.stop());
		const set = { cluster: "gateways", endpoints: [fresh.endpoint] };
		await rig.haproxy.setEndpoints(set);
		expect(await echo(await dial(rig), "new")).toBe("new");
		expect(full).toHaveLength(2);
	});

	it("remembers its endpoints through a reload", async () => {
		const rig = await rigOf(2);
		await rig.haproxy.reload();
		await openMany(4, rig.port, authority.cert);
		expect(rig.servers.map((server) => server.open)).toEqual([2, 2]);
	});

	it("refuses before TLS beyond a limit that is lowered while it runs, and drops nobody", async () => {
		const rig = await rigOf(1);
		const all = await openMany(4, rig.port, authority.cert);
		await rig.haproxy.setConnectionLimit("edge", 4);
		await expect(dial(rig)).rejects.toThrow(/ECONNRESET|socket disconnected|hang up/);
		expect(closedOf(all)).toEqual([]);
		await rig.haproxy.setConnectionLimit("edge", 5);
		expect(await echo(await dial(rig), "in")).toBe("in");
	});

	it("ends an upgrade that hangs with 504, and leaves an idle WebSocket open for longer than that", async () => {
		const rig = await rigOf(1);
		const idle = await dial(rig);
		const [server] = rig.servers;
		if (server) server.mood = "hang";
		await expect(dial(rig)).rejects.toThrow("status 504");
		expect(await echo(idle, "still")).toBe("still");
	});

	it("hides a gateway that refuses by asking another", async () => {
		const check = { path: "/", everyMs: 200, withinMs: 200, fall: 2, rise: 2 };
		const outliers = { failures: 3, ejectForMs: 2_000, maxPercent: 50 };
		const rig = await rigOf(2, {}, { retry: "once", check, outliers });
		const [bad, well] = rig.servers;
		if (bad) bad.mood = "refuse";
		for (let at = 0; at < 10; at++) await dial(rig);
		expect(well?.open).toBe(10);
	});

	it("changes its certificate without a reload, and drops nobody", async () => {
		const rig = await rigOf(1);
		const before = await dial(rig);
		const serial = await serialAt(rig.port, authority.cert);
		await rig.haproxy.setCertificate("edge", await authority.issue(NAMES));
		expect(await serialAt(rig.port, authority.cert)).not.toBe(serial);
		expect(await echo(before, "still")).toBe("still");
		expect(await workers(rig)).toBe(1);
	});

	it("logs in JSON, and nothing of a person or a secret", async () => {
		const rig = await rigOf(1);
		const { socket } = await dial(rig);
		socket.close();
		const path = join(rig.root, "access.jsonl");
		const line = await until(
			() => (existsSync(path) ? readFileSync(path, "utf8").trim() : null),
			"a line",
		);
		expect(JSON.parse(line)).toMatchObject({
			host: "wss.edge.test",
			path: "/live",
			route: "all/all/sockets",
			code: 101,
			upstream: "gateways/gateways-1",
		});
		for (const secret of ["secret", "ticket", "Bearer", "127.0.0.1"])
			expect(line).not.toContain(secret);
	});

	describe("that can't start says in one line why, and leaves nothing:", () => {
		const refusalOf = async (changes: Partial<HaproxySetup>): Promise<string> => {
			const root = await newRoot();
			const model = await socketsModel();
			const haproxy = await haproxyOfTest({ model, material, root, ...changes });
			const why = await haproxy.start().then(
				() => "started",
				(error: Error) => error.message,
			);
			expect(existsSync(root)).toBe(false);
			expect(why).not.toContain("\n");
			return why;
		};

		it("its port is in use", async () => {
			const model = await socketsModel();
			const server = createServer();
			const port = model.listeners[0]?.port ?? 0;
			await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
			onTestFinished(() => void server.close());
			expect(await refusalOf({ model })).toContain("is in use");
		});

		it("the program is missing", async () => {
			expect(await refusalOf({ path: "/nowhere/haproxy" })).toContain(
				"npm run edge:install haproxy",
			);
		});

		it("it wants a file that is not there, which only it can tell", async () => {
			const tls = { serverName: "a", protocol: "b", certificate: "none", authority: "none" };
			const why = await refusalOf({ model: await socketsModel({ tls }) });
			expect(why).toContain("HAProxy refuses its configuration");
			expect(why).toContain("none.");
		});

		it("its certificate is none", async () => {
			const certificates = new Map([["edge", { cert: "no", key: "no" }]]);
			const why = await refusalOf({ material: { ...material, certificates } });
			expect(why).toContain("HAProxy refuses its configuration");
		});
	});
});
