/* Whoever runs an edge may be killed, and can stop nothing then: no proxy stays behind, and no folder with its keys. */
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { start } from "../../../support/program.js";
import { until } from "../../../support/until.js";
import { isMissing } from "./proxy-rig.js";

const PROGRAM = "test/playground/sockets/proxy/orphaned-proxy.ts";

const isTaken = (port: number): Promise<boolean> =>
	new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.once("error", () => resolve(false));
	});

describe.skipIf(isMissing("envoy", "haproxy"))("an edge that is killed", () => {
	it.each(["envoy", "haproxy"])("leaves no %s, and no file of it", async (kind) => {
		const program = start([PROGRAM, kind]);
		onTestFinished(() => program[Symbol.asyncDispose]());
		const [said] = await program.says(/\{.*\}/);
		const { root, port } = JSON.parse(said) as { readonly root: string; readonly port: number };
		expect([await isTaken(port), existsSync(root)]).toEqual([true, true]);
		program.signal("SIGKILL");
		await until(async () => !(await isTaken(port)), "the proxy to be gone");
		await until(() => !existsSync(root), "its folder to be gone");
	});
});
