/* The packed package beside React 18, React 19 and Next.js, each in a project of its own. */
import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { start } from "../support/program.js";
import { type Installed, install, run } from "./installed.js";

const NEXT = "16.4.6";
const require = createRequire(import.meta.url);

function installWith(...packages: readonly string[]): Installed {
	const installed = install(packages);
	onTestFinished(() => installed[Symbol.dispose]());
	return installed;
}

const SERVED = "<p>idle 0</p>";

describe("The packed package works with React", () => {
	it.each(["18.3.1", "19.2.0"])(
		"%s: StrictMode, banner, both ways to render on a server",
		(version) => {
			const { folder } = installWith(`react@${version}`, `react-dom@${version}`);
			for (const file of ["react-scenario.mjs", "jsdom.mjs"])
				cpSync(join("test/package", file), join(folder, file));
			process.env.JSDOM = pathToFileURL(require.resolve("jsdom")).href;
			const output = run(
				process.execPath,
				["--import", "./jsdom.mjs", "react-scenario.mjs"],
				folder,
			);
			const { html, ...seen } = JSON.parse(output) as Record<string, unknown>;
			expect(html).toContain(SERVED);
			expect(html).not.toContain("style");
			expect(seen).toEqual({
				version,
				isStreamedAlike: true,
				dialsOfServer: 0,
				shown: "connected 0 b c d",
				// The channel's start is the furthest that components on it ask for.
				heard: ["b", "c", "d"],
				banner: "No connection.",
				buttons: ["Retry", "Dismiss"],
				unsubscribes: 1,
				complaints: [],
			});
		},
		120_000,
	);
});

describe("The packed package works with Next.js", () => {
	it("which builds an app of it, and renders it on the server, connected to nothing", async () => {
		const { folder } = installWith(`next@${NEXT}`, "react@19.2.0", "react-dom@19.2.0");
		cpSync("test/package/next-app", folder, { recursive: true });
		process.env.NEXT_TELEMETRY_DISABLED = "1";
		const next = join(folder, "node_modules/next/dist/bin/next");
		run(process.execPath, [next, "build"], folder);
		const server = start([next, "start", folder, "--hostname", "127.0.0.1", "--port", "0"]);
		onTestFinished(() => server[Symbol.asyncDispose]());
		const [url] = await server.says(/http:\/\/127\.0\.0\.1:\d+/);
		const response = await fetch(url);
		expect(response.status).toBe(200);
		expect(await response.text()).toContain('<p id="room">idle, subscribing, 0, 0</p>');
		expect(server.output).not.toMatch(/error/i);
	}, 300_000);
});
