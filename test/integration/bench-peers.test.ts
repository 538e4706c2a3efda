/* The bench of peers, one measure of two of them: it runs, its figures are figures, and it says what is missing. */
import { describe, expect, it } from "vitest";
import { start } from "../support/program.js";

const run = async (
	...args: readonly string[]
): Promise<{ code: number | null; output: string }> => {
	await using program = start(["test/bench/peers-main.ts", ...args]);
	const code = await program.ended;
	return { code, output: program.output };
};

describe("npm run bench:peers", () => {
	it("measures a client and a raw socket, each in a process of its own, against their servers", async () => {
		const { code, output } = await run(
			...["--peers", "partysocket,ws", "--only", "first,failover-refused"],
			...["--repeats", "1", "--json"],
		);
		expect(code).toBe(0);
		const { measures } = JSON.parse(output.slice(output.indexOf("\n{"))) as {
			measures: { name: string; results: Record<string, Record<string, unknown[]>> }[];
		};
		const [first, failover] = measures;
		expect(first?.name).toBe("first");
		for (const peer of ["partysocket", "ws"])
			expect(first?.results[peer]).toEqual({ trips: [expect.any(Number)] });
		// Fewer than one is impossible: the message is not there before the upgrade is answered.
		expect(first?.results.partysocket?.trips?.[0]).toBeGreaterThanOrEqual(1);
		expect(failover?.results.partysocket?.p50).toEqual([expect.any(Number)]);
		// No zero, and no number: a reason.
		expect(failover?.results.ws?.p50).toEqual([{ none: "it does not reconnect" }]);
	}, 120_000);

	it("names the peers and the measures that there are, and ends with 2 for another", async () => {
		const { code, output } = await run("--peers", "nobody");
		expect(code).toBe(2);
		expect(output).toContain("Unknown: nobody.");
		expect(output).toMatch(/--peers +of: holdfast, ws, partysocket/);
	});
});
