/*
 * E9: a new Envoy for a running one: three arms side by side, and each trap of hot restart. Clients here are
 * plain WebSockets that obey a goodbye; test/playground/sockets/proxy/whole-edge has the SDK's.
 */
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Admin } from "../../../../playground/edge/proxy/envoy/admin.js";
import type { Envoy, EnvoyOptions } from "../../../../playground/edge/proxy/envoy/envoy.js";
import type { Material } from "../../../../playground/edge/proxy/material.js";
import type { Way } from "../../../../playground/edge/proxy/envoy/replacement.js";
import type { Authority } from "../../../../playground/edge/tls/authority.js";
import { until } from "../../../support/until.js";
import { newMaterial, newRoot, socketsModel } from "../../proxy/sockets-model.js";
import { envoyOfTest, envoyTool, isMissing } from "./proxy-rig.js";
import { StubUpstream } from "./stub-upstream.js";
import { closedOf, echo, type Outcome, open, openMany } from "./web-sockets.js";

let authority: Authority;
let material: Material;

interface Rig {
	readonly envoy: Envoy;
	readonly port: number;
	readonly said: string[];
}

async function rigOf(changes: Partial<EnvoyOptions>): Promise<Rig> {
	const said: string[] = [];
	const model = await socketsModel();
	const server = new StubUpstream("gateway");
	await server.start();
	onTestFinished(() => server.stop());
	const report = (what: string): void => void said.push(what);
	const envoy = await envoyOfTest({ model, material, report, ...changes });
	await envoy.start();
	await envoy.setEndpoints({ cluster: "gateways", endpoints: [server.endpoint] });
	await until(async () => (await envoy.admin.hosts("gateways")).length === 1, "the endpoint");
	return { envoy, port: model.listeners[0]?.port ?? 0, said };
}

/** Dials and hangs up, again and again, until it is told to stop. */
function dialling({ port }: Rig) {
	let isOn = true;
	const counts = { opened: 0, failed: [] as string[] };
	const all = (async () => {
		while (isOn)
			await open(port, authority.cert).then(
				({ socket }) => {
					counts.opened += 1;
					socket.close();
				},
				(error: Error) => void counts.failed.push(error.message),
			);
	})();
	const stop = async () => {
		isOn = false;
		await all;
		return counts;
	};
	return { counts, stop };
}

/** Who is told to leave has a new socket before it gives up the old one. */
const moving =
	(before: readonly Outcome[], { port }: Rig, after: Outcome[]) =>
	async () => {
		for (const { socket } of before) {
			after.push(await open(port, authority.cert));
			socket.close(1000);
		}
	};

describe.skipIf(isMissing("envoy"))("a new Envoy", () => {
	beforeAll(async () => {
		({ authority, material } = await newMaterial());
	});

	it.each<Way>(["handover", "hot-restart"])(
		"by %s with a goodbye cuts nobody and refuses nobody",
		async (way) => {
			const rig = await rigOf({ way, partWithinMs: 5_000 });
			const before = await openMany(20, rig.port, authority.cert);
			const after: Outcome[] = [];
			const [old] = rig.envoy.pids;
			const newcomers = dialling(rig);
			await rig.envoy.replace(moving(before, rig, after));
			await until(() => newcomers.counts.opened > 20, "newcomers");
			const { failed } = await newcomers.stop();
			expect(failed).toEqual([]);
			expect(closedOf(before)).toEqual(before.map(() => 1000));
			expect(closedOf(after)).toEqual([]);
			expect(after).toHaveLength(20);
			expect(rig.envoy.pids).toHaveLength(1);
			expect(rig.envoy.pids[0]).not.toBe(old);
			expect(await rig.envoy.admin.upgrades("edge")).toBeGreaterThanOrEqual(20);
			expect(rig.envoy.trouble).toBeNull();
		},
	);

	it("by hot restart without a goodbye cuts everybody, at the time that was set", async () => {
		const rig = await rigOf({ way: "hot-restart", partWithinMs: 2_000 });
		const before = await openMany(10, rig.port, authority.cert);
		await rig.envoy.replace(async () => undefined);
		await until(() => closedOf(before).length === 10, "all to be cut");
		expect(closedOf(before)).toEqual(before.map(() => 1006));
		expect(await echo(await open(rig.port, authority.cert), "new")).toBe("new");
	});

	it("by handover without a goodbye cuts everybody too, when the old one's time is up", async () => {
		const rig = await rigOf({ way: "handover", partWithinMs: 2_000 });
		const before = await openMany(10, rig.port, authority.cert);
		await rig.envoy.replace(async () => undefined);
		await until(() => closedOf(before).length === 10, "all to be cut");
	});

	describe.each<Way>(["handover", "hot-restart"])("by %s", (way) => {
		it("is refused while another is under way, and each process has a socket file of its own", async () => {
			const rig = await rigOf({ way, partWithinMs: 3_000 });
			const before = await open(rig.port, authority.cert);
			let tried = "";
			const { layout } = rig.envoy.installation;
			const infos: unknown[] = [];
			await rig.envoy.replace(async () => {
				for (const at of [0, 1])
					infos.push(await new Admin(layout.admin(at)).info().then(({ epoch }) => epoch, String));
				await rig.envoy
					.replace(async () => undefined)
					.catch((error: Error) => {
						tried = error.message;
					});
				expect(await echo(before, "still")).toBe("still");
				before.socket.close(1000);
			});
			// A parent has no admin any more: with one path for both, it would be asked and the child not.
			expect(infos).toEqual(
				way === "hot-restart" ? [expect.stringContaining("ECONNREFUSED"), 1] : [0, 0],
			);
			expect(tried).toContain("Envoy is being replaced by its process 1");
			expect(before.closed).toBe(1000);
		});

		it("that fails in its start leaves the old one serving, and a later one takes over", async () => {
			const rig = await rigOf({ way, partWithinMs: 2_000, path: await failingOnce() });
			const before = await open(rig.port, authority.cert);
			await expect(rig.envoy.replace(async () => undefined)).rejects.toThrow(
				"the new Envoy did not start: the old one serves on",
			);
			expect(await echo(before, "still")).toBe("still");
			await rig.envoy.replace(async () => before.socket.close(1000));
			expect(await echo(await open(rig.port, authority.cert), "new")).toBe("new");
			expect(before.closed).toBe(1000);
			const instead = "handing over instead";
			expect(rig.said.some((line) => line.includes(instead))).toBe(way === "hot-restart");
		});

		it("serves on where the old one dies while it parts", async () => {
			const rig = await rigOf({ way, partWithinMs: 20_000 });
			const before = await openMany(5, rig.port, authority.cert);
			const [old = 0] = rig.envoy.pids;
			const after: Outcome[] = [];
			let isKilled = false;
			await rig.envoy.replace(async () => {
				if (isKilled) return moving(after.splice(0), rig, after)();
				after.push(await open(rig.port, authority.cert));
				process.kill(old, "SIGKILL");
				isKilled = true;
			});
			expect(closedOf(before)).toEqual(before.map(() => 1006));
			// A hot restart's child was doomed: who was on it has moved to a fresh one.
			expect(after).toHaveLength(1);
			expect(await echo(after[0] as Outcome, "still")).toBe("still");
			expect(rig.envoy.pids).toHaveLength(1);
			expect(rig.said.some((line) => line.includes("a fresh Envoy"))).toBe(way === "hot-restart");
		});
	});
});

/** An Envoy whose second process has a configuration that it can't read. */
async function failingOnce(): Promise<string> {
	const root = await newRoot();
	onTestFinished(() => rm(root, { recursive: true }));
	const path = join(root, "envoy");
	const text = `#!/usr/bin/env bash
if [[ "$*" == *admin-1.sock* && ! -e "${root}/failed" ]]; then
	touch "${root}/failed"
	exec "${envoyTool?.path}" "$@" --config-yaml '{"no_such_field": 1}'
fi
exec "${envoyTool?.path}" "$@"
`;
	await writeFile(path, text);
	await chmod(path, 0o755);
	return path;
}
