/* E7: a real Envoy, as the edge runs it. Facts about its timers and limits are from its documentation, shown here. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Envoy } from "../../../../playground/edge/proxy/envoy/envoy.js";
import type { Material } from "../../../../playground/edge/proxy/material.js";
import { place } from "../../../../playground/edge/proxy/place.js";
import type { Authority } from "../../../../playground/edge/tls/authority.js";
import { until } from "../../../support/until.js";
import { NAMES, newMaterial, newRoot, socketsModel } from "../../proxy/sockets-model.js";
import { cluster } from "../../proxy/table-model.js";
import { envoyOfTest, isMissing } from "./proxy-rig.js";
import { StubUpstream } from "./stub-upstream.js";
import { closedOf, echo, open, openMany, serialAt } from "./web-sockets.js";

let authority: Authority;
let material: Material;

async function stubs(count: number): Promise<readonly StubUpstream[]> {
	const all = Array.from({ length: count }, (_, at) => new StubUpstream(`gateway-${at + 1}`));
	for (const stub of all) {
		await stub.start();
		onTestFinished(() => stub.stop());
	}
	return all;
}

interface Rig {
	readonly envoy: Envoy;
	readonly port: number;
	readonly servers: readonly StubUpstream[];
}

async function rigOf(count: number, changes = {}, listener = {}): Promise<Rig> {
	const model = await socketsModel(changes, listener);
	const servers = await stubs(count);
	const envoy = await envoyOfTest({ model, material });
	await envoy.start();
	const endpoints = servers.map(({ endpoint }) => endpoint);
	await envoy.setEndpoints({ cluster: "gateways", endpoints });
	await until(async () => (await envoy.admin.hosts("gateways")).length === count, "the endpoints");
	return { envoy, port: model.listeners[0]?.port ?? 0, servers };
}

describe.skipIf(isMissing("envoy"))("Envoy", () => {
	beforeAll(async () => {
		({ authority, material } = await newMaterial());
	});
	const dial = ({ port }: Rig) => open(port, authority.cert);

	it("echoes, and has one process, whose socket file only we can open", async () => {
		const rig = await rigOf(1);
		const socket = await dial(rig);
		expect(await echo(socket, "hello")).toBe("hello");
		expect(rig.envoy.pids).toHaveLength(1);
		const { mode } = statSync(rig.envoy.installation.layout.admin(0));
		expect(mode & 0o777).toBe(0o600);
		expect(await rig.envoy.admin.upgrades("edge")).toBe(1);
	});

	it("ends an upgrade that hangs with 504, and leaves an idle WebSocket open for longer than that", async () => {
		// The route's limit is 5 s; it is silence through it that this waits for.
		const rig = await rigOf(1);
		const idle = await dial(rig);
		const [server] = rig.servers;
		if (server) server.mood = "hang";
		await expect(dial(rig)).rejects.toThrow("status 504");
		expect(idle.closed).toBeNull();
		expect(await echo(idle, "still")).toBe("still");
	});

	it("refuses beyond its requests at once with 503, and does not make anybody wait", async () => {
		const rig = await rigOf(1, { maxRequests: 3 });
		const all = await openMany(3, rig.port, authority.cert);
		await expect(dial(rig)).rejects.toThrow("status 503");
		expect(closedOf(all)).toEqual([]);
	});

	it("holds more WebSockets than Envoy's own limit of 1,024 for a cluster", async () => {
		const rig = await rigOf(1, { maxRequests: 4_000 });
		const all = await openMany(1_060, rig.port, authority.cert);
		expect(all).toHaveLength(1_060);
		expect(closedOf(all)).toEqual([]);
	}, 120_000);

	it("refuses before TLS beyond a limit that is lowered while it runs, and drops nobody", async () => {
		const rig = await rigOf(1);
		const all = await openMany(4, rig.port, authority.cert);
		await rig.envoy.setConnectionLimit("edge", 4);
		await expect(dial(rig)).rejects.toThrow("ECONNRESET");
		expect(closedOf(all)).toEqual([]);
		await rig.envoy.setConnectionLimit("edge", 5);
		await dial(rig);
		const stats = await rig.envoy.admin.stats("^listener.*(cx_overflow|ssl.handshake)$");
		expect([...stats].filter(([name]) => name.endsWith("handshake"))[0]?.[1]).toBe(5);
	});

	it("takes new endpoints by a renamed file, and keeps who is on one that is gone", async () => {
		const rig = await rigOf(2);
		const before = await openMany(6, rig.port, authority.cert);
		const [first, second] = rig.servers;
		expect([first?.open, second?.open]).toEqual([3, 3]);
		const endpoints = second === undefined ? [] : [second.endpoint];
		await rig.envoy.setEndpoints({ cluster: "gateways", endpoints });
		await until(
			async () => (await rig.envoy.admin.hosts("gateways")).length === 1,
			"one to be gone",
		);
		await openMany(4, rig.port, authority.cert);
		expect([first?.open, second?.open]).toEqual([3, 7]);
		expect(closedOf(before)).toEqual([]);
		await expect(rig.envoy.setEndpoints({ cluster: "foreign", endpoints: [] })).rejects.toThrow(
			'Endpoints are for cluster "foreign"',
		);
	});

	it.each([
		["half-written", '{"resources": [{"@type": "type.goog'],
		["of a foreign cluster", null],
	])(
		"says of an endpoint file %s that it serves by the last good one, until it is whole",
		async (what, broken) => {
			const rig = await rigOf(1);
			const { layout } = rig.envoy.installation;
			const { path } = layout.endpoints("gateways");
			const good = readFileSync(path, "utf8");
			await until(
				async () => (await rig.envoy.admin.stats("cluster.gateways.update_success")).size > 0,
				"a look",
			);
			expect(rig.envoy.trouble).toBeNull();
			await place(layout.staging, path, broken ?? good.replaceAll('"gateways"', '"foreign"'));
			const trouble = await until(() => rig.envoy.trouble, `trouble with a file ${what}`);
			expect(trouble).toContain("Envoy refused the endpoints of gateways");
			await dial(rig);
			await rig.envoy.setEndpoints({
				cluster: "gateways",
				endpoints: rig.servers.map(({ endpoint }) => endpoint),
			});
			await until(() => rig.envoy.trouble === null, "no trouble");
		},
	);

	it("changes its certificate by a renamed file, and drops nobody", async () => {
		const rig = await rigOf(1);
		const before = await dial(rig);
		const serial = await serialAt(rig.port, authority.cert);
		await rig.envoy.setCertificate("edge", await authority.issue(NAMES));
		await until(
			async () => (await serialAt(rig.port, authority.cert)) !== serial,
			"the new certificate",
		);
		expect(await echo(before, "still")).toBe("still");
	});

	const outliers = { failures: 3, ejectForMs: 30_000, maxPercent: 50 };

	it("hides a gateway that refuses by asking another, and ejects it", async () => {
		const rig = await rigOf(2, { outliers, retry: "once" });
		const [bad, well] = rig.servers;
		if (bad) bad.mood = "refuse";
		// One after the other: retries have a budget. None of them sees the refusal.
		for (let at = 0; at < 20; at++) await dial(rig);
		expect(well?.open).toBe(20);
		const hosts = await rig.envoy.admin.hosts("gateways");
		expect(hosts.filter(({ isWell }) => !isWell).map(({ why }) => why)).toEqual([
			["failed_outlier_check"],
		]);
		const stats = await rig.envoy.admin.stats(
			"cluster.gateways.outlier_detection.ejections_enforced_consecutive_gateway_failure",
		);
		expect([...stats.values()]).toEqual([1]);
		expect(bad?.upgrades).toBeLessThan(20);
	});

	const check = { path: "/", everyMs: 100, withinMs: 100, fall: 2, rise: 1 };

	it("sees by its own checks a gateway that accepts and hangs, and sends nobody there", async () => {
		const rig = await rigOf(2, { check, panicBelow: 50 });
		const [bad, well] = rig.servers;
		if (bad) bad.mood = "hang";
		// The other one has to be found well first: until then Envoy is in panic, and asks both.
		const hung = async (): Promise<boolean> => {
			const hosts = await rig.envoy.admin.hosts("gateways");
			const isHung = hosts.some(({ why }) => why.includes("active_hc_timeout"));
			return isHung && hosts.some(({ isWell }) => isWell);
		};
		await until(hung, "the check to fail");
		await openMany(6, rig.port, authority.cert);
		expect([bad?.upgrades, well?.open]).toEqual([0, 6]);
	});

	it("asks all, in panic, when fewer than its threshold are well", async () => {
		const rig = await rigOf(2, { check, panicBelow: 60 });
		const well = async (): Promise<number> =>
			(await rig.envoy.admin.hosts("gateways")).filter(({ isWell }) => isWell).length;
		await until(async () => (await well()) === 2, "both to be well");
		await rig.servers[0]?.stop();
		await until(async () => (await well()) === 1, "one to be gone");
		const panics = async (): Promise<number> =>
			(await rig.envoy.admin.stats("cluster.gateways.lb_healthy_panic")).get(
				"cluster.gateways.lb_healthy_panic",
			) ?? 0;
		// Fifty per cent are fewer than sixty.
		await Promise.allSettled([dial(rig), dial(rig), dial(rig)]);
		expect(await panics()).toBeGreaterThan(0);
	});

	it("keeps to its own zone while that has enough, as its counts say", async () => {
		const servers = await stubs(4);
		const zoned = servers.map(({ endpoint }, at) => ({ ...endpoint, zone: at < 2 ? "a" : "b" }));
		const sketch = await socketsModel({ zoneAwareFrom: 2 });
		const fleet = ["a", "b"].map((zone, at) => ({ host: `127.0.0.${at + 1}`, port: 1, zone }));
		const model = {
			...sketch,
			clusters: [...sketch.clusters, cluster("fleet", { role: "own-fleet", endpoints: fleet })],
		};
		const envoy = await envoyOfTest({ model, material });
		await envoy.start();
		await envoy.setEndpoints({ cluster: "gateways", endpoints: zoned });
		await until(async () => (await envoy.admin.hosts("gateways")).length === 4, "the endpoints");
		await openMany(20, model.listeners[0]?.port ?? 0, authority.cert);
		expect(servers.map((server) => server.open)).toEqual([10, 10, 0, 0]);
		const stats = await envoy.admin.stats("cluster.gateways.lb_zone_routing_all_directly");
		expect([...stats.values()]).toEqual([20]);
	});

	it("logs an opening and an end in JSON, and nothing of a person or a secret", async () => {
		const rig = await rigOf(1);
		const socket = await dial(rig);
		socket.socket.close();
		const path = rig.envoy.installation.layout.accessLog;
		const lines = await until(() => {
			const all = readFileSync(path, "utf8")
				.trim()
				.split("\n")
				.filter((line) => line !== "");
			return all.length === 2 ? all : null;
		}, "two lines");
		const [begin, end] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
		expect(begin).toMatchObject({
			event: "DownstreamTunnelSuccessfullyEstablished",
			host: "wss.edge.test",
			path: "/live",
			route: "all/all/sockets",
			code: 101,
		});
		expect(end).toMatchObject({ event: "DownstreamEnd", stream: begin?.stream });
		for (const secret of ["secret", "ticket", "Bearer", "Mozilla", "user-agent"])
			expect(lines.join("\n")).not.toContain(secret);
		// The address of the gateway is there, and no other.
		for (const line of [begin, end]) {
			const { upstream, ...rest } = line ?? {};
			expect(upstream).toContain("127.0.0.1:");
			expect(JSON.stringify(rest)).not.toContain("127.0.0.1");
		}
	});

	describe("that can't start says in one line why, and leaves nothing:", () => {
		const refusalOf = async (options: Parameters<typeof envoyOfTest>[0]): Promise<string> => {
			const root = await newRoot();
			const envoy = await envoyOfTest({ ...options, root });
			const why = await envoy.start().then(
				() => "started",
				(error: Error) => error.message,
			);
			expect(existsSync(root)).toBe(false);
			expect(envoy.pids).toEqual([]);
			expect(why).not.toContain("\n");
			return why;
		};

		it("its port is in use", async () => {
			const model = await socketsModel();
			const port = model.listeners[0]?.port ?? 0;
			const server = createServer();
			await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
			onTestFinished(() => void server.close());
			expect(await refusalOf({ model, material })).toBe(
				`Port ${port} of 127.0.0.1 is in use: stop who has it, or choose another`,
			);
		});

		it("another Envoy has its port: they would share it in silence", async () => {
			const rig = await rigOf(1);
			const { model } = rig.envoy.installation;
			expect(await refusalOf({ model, material })).toContain("is in use");
			expect(await echo(await dial(rig), "a")).toBe("a");
		});

		it("the program is missing", async () => {
			const model = await socketsModel();
			const why = await refusalOf({ model, material, path: "/nowhere/envoy" });
			expect(why).toContain("npm run edge:install envoy");
		});

		it("it wants a file that is not there, which only it can tell", async () => {
			const tls = { serverName: "a", protocol: "b", certificate: "none", authority: "none" };
			const why = await refusalOf({ model: await socketsModel({ tls }), material });
			expect(why).toContain("Envoy refuses its configuration");
			expect(why).toContain("none.");
		});

		it("the program ends at once", async () => {
			const model = await socketsModel();
			expect(await refusalOf({ model, material, path: "/bin/false" })).toContain(
				"Envoy refuses its configuration",
			);
		});

		it("its certificate is none", async () => {
			const model = await socketsModel();
			const certificates = new Map([["edge", { cert: "no", key: "no" }]]);
			expect(await refusalOf({ model, material: { ...material, certificates } })).toMatch(
				/no certificate|did not begin|refuse/,
			);
		});
	});

	it("is told of as failed where it ends by itself", async () => {
		const rig = await rigOf(1);
		process.kill(rig.envoy.pids[0] ?? 0, "SIGKILL");
		const trouble = await until(() => rig.envoy.trouble, "trouble");
		expect(trouble).toMatch(/ended by itself|does not answer/);
	});

	it("leaves no file, no process and no shared memory", async () => {
		const shared = (): readonly string[] =>
			readdirSync("/dev/shm").filter((name) => name.startsWith("envoy_shared_memory"));
		const before = shared();
		const model = await socketsModel();
		const root = await newRoot();
		const envoy = await envoyOfTest({ model, material, root, way: "hot-restart" });
		await envoy.start();
		const [pid = 0] = envoy.pids;
		await envoy.stop();
		expect(() => process.kill(pid, 0)).toThrow("ESRCH");
		expect(existsSync(root)).toBe(false);
		expect(shared()).toEqual(before);
	});
});
