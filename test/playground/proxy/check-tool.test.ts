/* A program that is missing, or another than was meant, ends in one line that says what to do. */
import { describe, expect, it } from "vitest";
import { CONFIG, checkConfig, proxiesOf } from "../../../playground/edge/config.js";
import { checkTool } from "../../../playground/edge/proxy/check-tool.js";
import { readSettings } from "../../../playground/settings.js";

describe("a proxy's program", () => {
	const tool = (version: string) => ({ path: "/usr/bin/it", version });

	it("is taken in the version that the configurations are for", () => {
		expect(checkTool("envoy", tool("1.40.7")).path).toBe("/usr/bin/it");
		expect(checkTool("haproxy", tool("2.6.12")).path).toBe("/usr/bin/it");
		expect(checkTool("haproxy", tool("3.0.1")).path).toBe("/usr/bin/it");
	});

	it("of another version is refused, and it says which to get", () => {
		const words =
			"/usr/bin/it is envoy 1.38.0; this edge is made for 1.40. Get it with: npm run edge:install envoy";
		expect(() => checkTool("envoy", tool("1.38.0"))).toThrow(words);
		expect(() => checkTool("envoy", tool("1.41.0"))).toThrow("npm run edge:install envoy");
		expect(() => checkTool("haproxy", tool("2.4.22"))).toThrow("npm run edge:install haproxy");
	});

	it("that is missing is told of, with how to get it", () => {
		expect(() => checkTool("haproxy", undefined)).toThrow("npm run edge:install haproxy");
	});
});

describe("--proxy", () => {
	it("is one of three", () => {
		expect(readSettings(["--proxy", "envoy"])).toMatchObject({ proxy: "envoy" });
		expect(readSettings([])).toMatchObject({ proxy: "embedded" });
		expect(() => readSettings(["--proxy", "nginx"])).toThrow(
			"--proxy nginx: it is embedded, envoy, haproxy.",
		);
	});

	it("may have another beside it, to migrate to", () => {
		const both = readSettings(["--proxy", "haproxy", "--to", "envoy"]);
		expect(both).toMatchObject({ proxy: "haproxy", newArm: "envoy" });
		expect(readSettings(["--proxy", "haproxy"])).toMatchObject({ newArm: null });
		expect(() => readSettings(["--to", "nginx"])).toThrow("--to nginx: it is embedded");
		expect(proxiesOf({ proxy: "embedded", newArm: null }).new).toBe("embedded");
		expect(proxiesOf({ proxy: "envoy", newArm: null }).new).toBeNull();
		expect(() => checkConfig({ ...CONFIG, newArm: "nginx" as never })).toThrow(
			'"nginx" is no proxy',
		);
	});
});
