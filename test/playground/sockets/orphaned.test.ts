/* Whoever runs an edge may be killed, and can stop nothing then: no program stays behind, and no folder with keys. */
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { ASYNC_DISPOSE } from "../../../src/reactive/disposable.js";
import { start } from "../../support/program.js";
import { withTool } from "../../support/real-tool.js";
import { until } from "../../support/until.js";

const PROGRAM = "test/support/children/orphaned-program.ts";

const isTaken = (port: number): Promise<boolean> =>
	new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.once("error", () => resolve(false));
	});

for (const tool of ["envoy", "haproxy", "redis-server"] as const)
	await withTool(tool, () => {
		it(`an edge that is killed leaves no ${tool}, and no file of it`, async () => {
			const program = start([PROGRAM, tool]);
			onTestFinished(() => program[ASYNC_DISPOSE]());
			const [said] = await program.says(/\{.*\}/);
			const { root, port } = JSON.parse(said) as { readonly root: string; readonly port: number };
			expect([await isTaken(port), existsSync(root)]).toEqual([true, true]);
			program.signal("SIGKILL");
			await until(async () => !(await isTaken(port)), "the program to be gone");
			await until(() => !existsSync(root), "its folder to be gone");
		});
	});
