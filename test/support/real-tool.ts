/* Real servers for tests. Where one is not installed, a test says so as loudly as it can; on CI it fails. */
import { describe, it } from "vitest";
import { findTool, missingTool, type ToolName } from "../../playground/edge/tools/find-tool.js";

/** Runs `run` with the program's path, or leaves one skipped test that says why. */
export async function withTool(name: ToolName, run: (path: string) => void): Promise<void> {
	const tool = await findTool(name);
	if (tool !== undefined) return run(tool.path);
	const why = `SKIPPED: ${missingTool(name)}`;
	if (process.env.CI) throw new Error(why);
	console.warn(why);
	describe(name, () => {
		it.skip(why, () => undefined);
	});
}
