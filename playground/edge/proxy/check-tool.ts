/* Whether a program is here, and one that the configurations are made for. */
import { missingTool, type Tool } from "../tools/find-tool.js";

/** From which version on; Envoy's fields come and go between them, so of Envoy just this one. */
const WANTED = { envoy: { from: [1, 40], to: [1, 40] }, haproxy: { from: [2, 6], to: [3, 99] } };

/** Throws in one line that says what to do. */
export function checkTool(name: "envoy" | "haproxy", tool: Tool | undefined): Tool {
	if (tool === undefined) throw new Error(missingTool(name));
	const [major = 0, minor = 0] = tool.version.split(".").map(Number);
	const { from, to } = WANTED[name];
	const rank = ([a = 0, b = 0]: readonly number[]): number => a * 1_000 + b;
	const own = rank([major, minor]);
	if (own >= rank(from) && own <= rank(to)) return tool;
	throw new Error(
		`${tool.path} is ${name} ${tool.version}; this edge is made for ${from.join(".")}. Get it with: npm run edge:install ${name}`,
	);
}
