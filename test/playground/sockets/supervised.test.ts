/* E1: the edge starts, looks after itself, stops, and leaves nothing. */
import { createServer } from "node:net";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { Supervisor } from "../../../playground/edge/supervisor.js";
import { prepareEdge } from "../../../playground/edge/whole-edge.js";
import { until } from "../../support/until.js";
import { rigOfTest, socketsAt } from "./edge-rig.js";

const resources = (): number =>
	process.getActiveResourcesInfo().filter((each) => /TCP|UDP|TLS|MessagePort|Worker/.test(each))
		.length;

describe("the whole edge", () => {
	it("starts and stops twice, with a fleet, and leaves no port, connection or thread", async () => {
		const before = resources();
		for (let round = 0; round < 2; round++) {
			const edge = await prepareEdge({ clients: 6 });
			await edge.start();
			expect(edge.state.phase).toBe("ready");
			expect(edge.state.parts.every(({ is }) => is === "up")).toBe(true);
			await until(() => edge.assembly.sockets.primary === 6, "six clients");
			await edge.stop();
			expect(edge.state.parts.map(({ is }) => is)).toEqual(edge.state.parts.map(() => "stopped"));
			await until(() => resources() <= before, "nothing left of it");
		}
	});

	it("leaves nothing either when it is stopped while its clients dial", async () => {
		const before = resources();
		for (let round = 0; round < 4; round++) {
			const edge = await prepareEdge({ clients: 200 });
			await edge.start();
			await until(() => edge.assembly.sockets.arrivals > 0, "the first to come");
			await edge.stop();
		}
		await until(() => resources() <= before, "nothing left of them");
	});

	it("says which part did not start, and leaves nothing, where a port is taken", async () => {
		const before = resources();
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		onTestFinished(() => void server.close());
		const { port } = server.address() as { port: number };
		const edge = await prepareEdge({ clients: 0, ports: { front: port, control: 0, edge: 0 } });
		await expect(edge.start()).rejects.toThrow(/^front did not start: .*EADDRINUSE/);
		expect(edge.state.phase).toBe("failed");
		expect(edge.state.parts.find(({ name }) => name === "front")).toMatchObject({ is: "failed" });
		await until(() => resources() <= before + 1, "nothing left but the one that took the port");
	});

	it("refuses a configuration that makes no sense", async () => {
		await expect(prepareEdge({ main: "MARS" })).rejects.toThrow('"MARS" is none of DUB');
		await expect(prepareEdge({ clients: -1 })).rejects.toThrow("clients");
	});

	it("works by ports of 127.0.0.1 where there are no loopback aliases", async () => {
		const rig = await rigOfTest({ clients: 3 }, { aliases: "none" });
		expect(rig.edge.assembly.where.hasAliases).toBe(false);
		// By client subnet, since all questions come from one address.
		await until(() => ["DUB", "FRA", "LHR"].every((pop) => socketsAt(rig, pop) === 1), "one each");
		await rig.control.act({ do: "kill-pop", pop: "DUB" });
		const elsewhere = (): number =>
			["FRA", "LHR", "IAD"].reduce((sum, pop) => sum + socketsAt(rig, pop), 0);
		await until(() => elsewhere() === 3 && socketsAt(rig, "DUB") === 0, "all of them elsewhere");
	});

	it("shows what fails as state, and starts nothing again by itself", async () => {
		const { edge, control } = await rigOfTest();
		const part = (name: string) => edge.state.parts.find((each) => each.name === name);
		await control.act({ do: "kill-gateway", pop: "FRA", gateway: 0 });
		expect(edge.assembly.pop("FRA").gateways[0]?.state.is).toBe("down");
		await control.act({ do: "kill-gateway", pop: "FRA", gateway: 1 });
		await until(() => part("FRA/gateways")?.is === "down", "the gateways to be called down");
		await control.act({
			do: "set-conditions",
			pop: "LHR",
			link: "main",
			conditions: { door: "closed" },
		});
		await control.act({ do: "cut", pop: "LHR", link: "main" });
		await until(() => part("LHR/link")?.is === "failed", "the link to be called failed");
		expect(part("LHR/link")?.detail).toContain("log");
		await until(() => !edge.state.pops[2]?.dns.up && !edge.state.pops[1]?.dns.up, "DNS to know");
		await control.act({ do: "heal" });
		await until(() => edge.state.parts.every(({ is }) => is === "up"), "all to be up again");
	});
});

describe("the supervisor", () => {
	const log: string[] = [];
	const part = (name: string, start = async (): Promise<void> => undefined) => ({
		name,
		start: async () => {
			log.push(`start ${name}`);
			await start();
		},
		stop: async () => void log.push(`stop ${name}`),
	});
	afterEach(() => void log.splice(0));

	it("starts in order and stops in the opposite one, once", async () => {
		const supervisor = new Supervisor([part("a"), part("b"), part("c")]);
		await supervisor.start();
		await Promise.all([supervisor.stop(), supervisor.stop()]);
		expect(log).toEqual(["start a", "start b", "start c", "stop c", "stop b", "stop a"]);
	});

	it("stops what had started when one does not, and what that one left", async () => {
		const fail = () => Promise.reject(new Error("no"));
		const supervisor = new Supervisor([part("a"), part("b", fail), part("c")]);
		await expect(supervisor.start()).rejects.toThrow("b did not start: no");
		expect(log).toEqual(["start a", "start b", "stop b", "stop a"]);
		expect(supervisor.parts.map(({ is }) => is)).toEqual(["stopped", "failed", "waiting"]);
	});
});
