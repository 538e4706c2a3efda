/* E4: BIND's dig, which other people wrote, agrees with the server. `npm run edge:install dig` gets it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it, type TestContext } from "vitest";
import type { DnsServer } from "../../../playground/edge/dns/server.js";
import { findTool, type Tool } from "../../../playground/edge/tools/find-tool.js";
import { BACKUP, dnsServer, PRIMARY } from "./dns-rig.js";

const run = promisify(execFile);
let installed: Tool | undefined;

beforeAll(async () => {
	installed = await findTool("dig");
});

/** Without dig a test says so as loudly as it can; on CI it fails. */
function needDig({ skip, task }: TestContext): void {
	if (installed !== undefined) return;
	const why = `SKIPPED, since dig is not installed (npm run edge:install dig): ${task.name}`;
	if (process.env.CI) throw new Error(why);
	console.warn(why);
	skip(why);
}

async function dig(server: DnsServer, ...args: readonly string[]): Promise<string> {
	const at = [`@${server.address}`, "-p", `${server.port}`, "+tries=1", "+time=10"];
	const { stdout } = await run(installed?.path ?? "dig", [...at, ...args]);
	return stdout;
}

const recordsIn = (output: string): readonly string[] =>
	output
		.split("\n")
		.filter((line) => line !== "" && !line.startsWith(";"))
		.map((line) => line.replaceAll(/\s+/g, " "));

describe("dig", () => {
	it.for([
		["+notcp", []],
		["+tcp", []],
		["+noedns", []],
		["+dnssec", []],
	] as const)("reads answers with their TTL, %s", async ([flag], context) => {
		needDig(context);
		const output = await dig(await dnsServer(), PRIMARY, flag, "-b", "127.0.1.7");
		expect(output).toMatch(/status: NOERROR/);
		expect(output).toMatch(/flags: qr aa rd;/);
		expect(recordsIn(output)).toEqual([
			`${PRIMARY}. 60 IN A 127.0.10.1`,
			`${PRIMARY}. 60 IN A 127.0.10.2`,
		]);
		expect(output).not.toMatch(/WARNING: (?!recursion)|mal/i);
	});

	it.for([
		["127.0.1.0/24", "127.0.1.0/24/24", "127.0.10.1"],
		["127.0.2.9/32", "127.0.2.9/32/24", "127.0.20.1"],
		["2001:db8:3::/48", "2001:db8:3::/48/48", "127.0.30.1"],
	] as const)(
		"gets the client subnet %s back with its scope",
		async ([subnet, echoed, first], context) => {
			needDig(context);
			const output = await dig(await dnsServer(), PRIMARY, `+subnet=${subnet}`);
			expect(output).toContain(`CLIENT-SUBNET: ${echoed}`);
			expect(recordsIn(output)[0]).toBe(`${PRIMARY}. 60 IN A ${first}`);
		},
	);

	it("withholds a client subnet and gets that back", async (context) => {
		needDig(context);
		const output = await dig(await dnsServer(), PRIMARY, "+subnet=0", "-b", "127.0.3.7");
		expect(output).toContain("CLIENT-SUBNET: 0.0.0.0/0/0");
		expect(recordsIn(output)[0]).toContain("127.0.30.1");
	});

	it("is told what is missing, refused, malformed, not implemented, and of another version", async (context) => {
		needDig(context);
		const server = await dnsServer();
		const missing = await dig(server, "no.edge.test");
		expect(missing).toMatch(/status: NXDOMAIN[\s\S]*edge\.test\.\s+60\s+IN\s+SOA/);
		expect(await dig(server, "api.edge.test", "AAAA")).toMatch(/status: NOERROR[\s\S]*\sSOA\s/);
		expect(await dig(server, "example.org")).toMatch(/status: REFUSED/);
		expect(await dig(server, "edge.test", "-c", "CH")).toMatch(/status: REFUSED/);
		// A client subnet of four bytes that claims 24 bits.
		expect(await dig(server, PRIMARY, "+ednsopt=8:00011800")).toMatch(/status: FORMERR/);
		expect(await dig(server, PRIMARY, "+opcode=NOTIFY")).toMatch(/status: NOTIMP/);
		expect(await dig(server, PRIMARY, "+edns=1", "+noednsneg")).toMatch(/status: BADVERS/);
	});

	it("follows a referral's glue, and falls back to TCP", async (context) => {
		needDig(context);
		const { EDGE } = await import("../dns/asking.js");
		const parent = await dnsServer({ zones: [EDGE.parent] });
		const referral = await dig(parent, BACKUP, "+norecurse");
		expect(referral).toMatch(/flags: qr;/);
		expect(recordsIn(referral)).toEqual([
			`${BACKUP}. 86400 IN NS ns.${BACKUP}.`,
			`ns.${BACKUP}. 86400 IN A 127.0.53.2`,
		]);
		const answers = [{ data: Array.from({ length: 200 }, (_, index) => `127.1.1.${index + 1}`) }];
		const ns = { name: "@", type: "NS", answers: [{ data: "ns.crowded.test" }] } as const;
		const records = [ns, { name: "@", type: "A", answers } as const];
		const crowded = await dnsServer({ zones: [{ name: "crowded.test", records }] });
		const output = await dig(crowded, "crowded.test");
		expect(output).toMatch(/Truncated, retrying in TCP mode/);
		expect(recordsIn(output)).toHaveLength(200);
		const truncated = await dig(crowded, "crowded.test", "+ignore");
		expect(truncated).toMatch(/flags: qr aa tc rd;/);
	});

	it("sees its capitals again", async (context) => {
		needDig(context);
		const output = await dig(await dnsServer(), "API.Edge.TEST", "+subnet=127.0.1.0/24");
		expect(recordsIn(output)[0]).toBe("API.Edge.TEST. 60 IN A 127.0.10.1");
	});
});
