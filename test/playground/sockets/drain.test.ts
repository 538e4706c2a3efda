/* E15 on the embedded edge: what is ill is drained by DNS, its clients move, nobody misses anything. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../../playground/edge/cli/run-command.js";
import { leaveRunFile } from "../../../playground/edge/cli/run-file.js";
import type { Action } from "../../../playground/edge/control/contract.js";
import type { AuditLine } from "../../../playground/edge/drain/contract.js";
import { DRAIN_POLICY } from "../../../playground/edge/drain/policy.js";
import { until } from "../../support/until.js";
import { type EdgeRig, listenNear, socketsAt, startRig } from "./edge-rig.js";

const CLIENTS = 18;

let rig: EdgeRig;
let folder: string;
let runFile: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "drain-"));
	runFile = join(folder, "edge.json");
	rig = await startRig(
		{
			clients: CLIENTS,
			ttl: 1,
			drain: { ...DRAIN_POLICY, leaveMs: 2_000 },
			auditFile: join(folder, "audit.jsonl"),
		},
		// Three in a room, one in each PoP; all said and heard is in the ledger.
		{ manners: { room: 3, rate: 2 } },
	);
	await leaveRunFile(rig.edge.control, runFile);
});
afterEach(async () => {
	await rig.control.act({ do: "heal" });
	await settled();
});
afterAll(async () => {
	await rig?.stop();
	await rm(folder, { recursive: true });
});

const edge = (...args: readonly string[]) => runCommand([...args, "--run-file", runFile]);

/** Lines of the audit file since then, as "drain DUB". */
async function audited(since = 0): Promise<readonly string[]> {
	await rig.edge.assembly.drain.audit.flush();
	const text = await readFile(join(folder, "audit.jsonl"), "utf8").catch(() => "");
	const lines = text.split("\n").filter((line) => line !== "");
	return lines.slice(since).map((line) => {
		const { what, id } = JSON.parse(line) as AuditLine;
		return id === null ? what : `${what} ${id}`;
	});
}

const said = (): number => rig.edge.state.ledger.delivered;

/** Who was led elsewhere stays there: new clients are nearest to where they live again. */
async function renewed(): Promise<void> {
	await rig.control.act({ do: "resize-fleet", clients: 0 });
	await until(() => {
		const { sockets, ledger } = rig.edge.state;
		return sockets.primary + sockets.backup + ledger.clients === 0;
	}, "all to leave, the ledger too");
	await rig.control.act({ do: "resize-fleet", clients: CLIENTS });
	await settled();
	expect(socketsAt(rig, "DUB")).toBe(CLIENTS / 3);
}

/** Everybody has a socket, and everybody was heard since. */
async function settled(): Promise<void> {
	await until(
		() => {
			const { fleet, sockets, pops } = rig.edge.state;
			const { primary, backup } = fleet.connected;
			return (
				primary + backup === CLIENTS &&
				sockets.primary + sockets.backup === CLIENTS &&
				pops.every(({ dns }) => dns.up)
			);
		},
		"all to be connected, and all PoPs up",
		40_000,
	);
	const before = said();
	await until(() => said() >= before + 2 * CLIENTS, "messages");
}

async function expectNothingMissed(): Promise<void> {
	await until(() => rig.edge.state.ledger.oldestPendingMs < 2_000, "what is under way to arrive");
	const { lost, repeated, outOfOrder, altered, examples } = rig.edge.state.ledger;
	expect([{ lost, repeated, outOfOrder, altered }, examples]).toEqual([
		{ lost: 0, repeated: 0, outOfOrder: 0, altered: 0 },
		[],
	]);
}

const ZONE_DARK: Action = {
	do: "set-conditions",
	pop: "DUB",
	link: "clients",
	conditions: { lossShare: 0.5 },
};

describe("the automation", () => {
	it.each<[string, Action, Action]>([
		["is killed", { do: "kill-pop", pop: "DUB" }, { do: "restore-pop", pop: "DUB" }],
		[
			"loses every second connection",
			ZONE_DARK,
			{ ...ZONE_DARK, conditions: { lossShare: 0 } } as Action,
		],
	])(
		"drains a PoP that %s by DNS; its clients move, 0 lost; and undrains it when it is well",
		async (_, fault, cure) => {
			const before = (await audited()).length;
			await renewed();
			await rig.control.act({ do: "set-automation", automation: "on" });
			const { assembly } = rig.edge;
			await until(
				() => assembly.drain.view.seen.every(({ zones }) => zones.every(({ asked }) => asked >= 8)),
				"probes to be enough",
			);
			await rig.control.act(fault);
			await until(
				async () => (await audited(before)).includes("empty DUB"),
				"Dublin to be empty",
				40_000,
			);
			await until(
				() =>
					rig.edge.state.fleet.connected.primary + rig.edge.state.fleet.connected.backup ===
					CLIENTS,
				"all to be connected",
				40_000,
			);
			expect(socketsAt(rig, "DUB")).toBe(0);
			// Who asks now is led elsewhere, from Dublin too.
			const near = await listenNear(rig, "DUB", "newcomers");
			expect(socketsAt(rig, "DUB")).toBe(0);
			await near.client.close();
			await rig.control.act(cure);
			await until(
				() => assembly.drain.view.state.drains.length === 0,
				"Dublin to be undrained",
				40_000,
			);
			const back = await listenNear(rig, "DUB", "newcomers");
			expect(socketsAt(rig, "DUB")).toBe(1);
			await back.client.close();
			await rig.control.act({ do: "set-automation", automation: "off" });
			const words = await audited(before);
			// Its zones may have been noticed one after the other; the rest is the order of things.
			expect(words[0]).toBe("automation");
			const order = ["drain DUB", "drained DUB", "empty DUB", "undrain DUB", "undrained DUB"];
			expect(words.filter((each) => order.includes(each))).toEqual(order);
			expect(words.filter((each) => /FRA|LHR|IAD/.test(each))).toEqual([]);
			await expectNothingMissed();
		},
		120_000,
	);
});

describe("npm run edge", () => {
	it("drains a PoP and undrains it; clients dial elsewhere first, and leave then", async () => {
		await renewed();
		const before = (await audited()).length;
		const { outages } = rig.edge.state.fleet;
		const plan = await edge("plan", "--pop", "DUB", "--step", "50%", "--every", "500ms");
		expect(plan.text).toMatch(
			/^Plan for DUB; nothing is done\.\n.*drain DUB 0 %.*\n.*step DUB 50 %.*\n.*\+0\.5 s {2}drained DUB 100 %/,
		);
		expect(await audited(before)).toEqual([]);
		const drained = await edge(
			"drain",
			"--pop",
			"DUB",
			"--step",
			"50%",
			"--every",
			"500ms",
			"--reason",
			"a rehearsal",
		);
		expect(drained).toMatchObject({
			code: 0,
			text: expect.stringContaining("DUB: draining at 50 % by hand"),
		});
		await until(
			async () => (await audited(before)).includes("empty DUB"),
			"Dublin to be empty",
			40_000,
		);
		expect(rig.edge.state.fleet.outages).toBe(outages);
		const status = await edge("status", "--json");
		expect(JSON.parse(status.text).state.drains).toMatchObject([
			{ id: "DUB", by: "hand", reason: "a rehearsal" },
		]);
		expect(await edge("undrain", "--pop", "DUB")).toMatchObject({ code: 0 });
		await until(() => rig.edge.assembly.drain.view.state.drains.length === 0, "it to be undrained");
		expect(await audited(before)).toEqual(
			["drain", "step", "drained", "goodbye", "empty", "undrain", "undrained"].map(
				(what) => `${what} DUB`,
			),
		);
		await expectNothingMissed();
	}, 120_000);

	it("is refused a drain that leaves no capacity, a second PoP, and what there is not: in one line, and written down", async () => {
		const before = (await audited()).length;
		for (const pop of ["FRA", "LHR", "IAD"])
			await rig.control.act({ do: "flip-dns", pop, up: false });
		const none = await edge("drain", "--pop", "DUB");
		expect(none).toEqual({
			code: 1,
			text: "It would leave primary no place at all: no other PoP is up.",
		});
		expect((await edge("plan", "--pop", "DUB")).text).toBe(`Would be refused: ${none.text}`);
		for (const pop of ["FRA", "LHR", "IAD"])
			await rig.control.act({ do: "flip-dns", pop, up: "auto" });
		expect(await edge("drain", "--zone", "DUB-a", "--service", "api")).toMatchObject({ code: 0 });
		const second = await edge("drain", "--pop", "FRA", "--json");
		expect(JSON.parse(second.text)).toEqual({
			ok: false,
			message: expect.stringContaining("one PoP at a time"),
		});
		const unknown = await edge("drain", "--pop", "ORK");
		expect(unknown).toEqual({
			code: 1,
			text: 'There is no PoP "ORK"; there are DUB, FRA, LHR, IAD.',
		});
		expect(await audited(before)).toEqual([
			"refused DUB",
			"drain DUB-a/api",
			"drained DUB-a/api",
			"refused FRA",
		]);
	});

	it("leads nobody to a zone that is drained, and keeps who is there", async () => {
		await renewed();
		const sockets = socketsAt(rig, "DUB");
		const [first] = rig.edge.assembly.pop("DUB").balancers;
		expect(await edge("drain", "--zone", "DUB-a")).toMatchObject({ code: 0 });
		const accepted = first?.accepted ?? 0;
		const near = await Promise.all(
			Array.from({ length: 8 }, () => listenNear(rig, "DUB", "newcomers")),
		);
		expect(socketsAt(rig, "DUB")).toBe(sockets + 8);
		expect(first?.accepted).toBeLessThanOrEqual(accepted + probesSince());
		await Promise.all(near.map(({ client }) => client.close()));
	});
});

/** The monitor goes on asking through the first balancer: once a second, for as long as eight dials take. */
const probesSince = (): number => 4;
