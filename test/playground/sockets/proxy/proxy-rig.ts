/* Real proxies for a test, on free ports and in folders of their own; everything ends with the test. */
import { onTestFinished } from "vitest";
import { Envoy, type EnvoyOptions } from "../../../../playground/edge/proxy/envoy/envoy.js";
import { Haproxy, type HaproxySetup } from "../../../../playground/edge/proxy/haproxy/haproxy.js";
import {
	findTool,
	missingTool,
	type ToolName,
} from "../../../../playground/edge/tools/find-tool.js";
import { newRoot } from "../../proxy/sockets-model.js";

export const envoyTool = await findTool("envoy");
export const haproxyTool = await findTool("haproxy");

/** For `describe.skipIf`: says so, aloud; on CI nothing may be missing, so nothing is skipped there. */
export function isMissing(...names: readonly ("envoy" | "haproxy")[]): boolean {
	const tools = { envoy: envoyTool, haproxy: haproxyTool };
	const missing = names.filter((name) => tools[name] === undefined);
	for (const name of missing) console.warn(missingTool(name satisfies ToolName));
	return missing.length > 0 && process.env.CI === undefined;
}

export type EnvoyChanges = Pick<EnvoyOptions, "model" | "material"> & Partial<EnvoyOptions>;

/** Not started; ends with the test. */
export async function envoyOfTest(options: EnvoyChanges): Promise<Envoy> {
	const root = options.root ?? (await newRoot());
	const envoy = new Envoy({ path: envoyTool?.path ?? "envoy", ...options, root });
	onTestFinished(() => envoy.stop());
	return envoy;
}

export type HaproxyChanges = Pick<HaproxySetup, "model" | "material"> & Partial<HaproxySetup>;

export async function haproxyOfTest(options: HaproxyChanges): Promise<Haproxy> {
	const root = options.root ?? (await newRoot());
	const haproxy = new Haproxy({ path: haproxyTool?.path ?? "haproxy", ...options, root });
	onTestFinished(() => haproxy.stop());
	return haproxy;
}
