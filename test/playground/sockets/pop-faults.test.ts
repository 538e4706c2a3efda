/* E5 in a PoP: what its balancers can be made to do, and what clients make of it. */
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Action } from "../../../playground/edge/control/contract.js";
import { until, when } from "../../support/until.js";
import { type EdgeRig, healed, listenNear, socketsAt, startRig } from "./edge-rig.js";

const PATIENCE_MS = 60_000;

let rig: EdgeRig;
beforeAll(async () => {
	rig = await startRig();
});
afterEach(() => healed(rig));
afterAll(() => rig?.stop());

describe("a client of a PoP whose balancers", () => {
	const conditions = (given: Extract<Action, { do: "set-conditions" }>["conditions"]) =>
		[{ do: "set-conditions", pop: "DUB", link: "clients", conditions: given }] as const;
	const CUT = { do: "cut", pop: "DUB", link: "clients" } as const;

	it.each<[string, readonly Action[]]>([
		["reset it before a byte of TLS", [...conditions({ door: "reset" }), CUT]],
		["refuse it", [...conditions({ door: "closed" }), CUT]],
		["accept it and say nothing", [...conditions({ door: "silent" }), CUT]],
		["are a black hole", conditions({ links: "black-hole" })],
		["lose all connections", conditions({ lossShare: 1 })],
		[
			"forget it, and leave it half open",
			[...conditions({ links: "half-open" }), ...conditions({ door: "closed" })],
		],
	])(
		"%s goes to another PoP, and has all messages",
		async (what, actions) => {
			const channel = `fault-${what.length}`;
			const heard: string[] = [];
			const moved = rig.client("DUB", { heartbeat: { idleMs: 1_000, timeoutMs: 1_000 } });
			onTestFinished(() => moved.close());
			const { state } = moved.subscribe(channel, ({ data }) => heard.push(String(data)));
			await when(state, ({ status }) => status === "subscribed", "a subscription");
			const other = await listenNear(rig, "FRA", channel);
			expect(socketsAt(rig, "DUB")).toBe(1);
			for (const action of actions) await rig.control.act(action);
			await other.client.publish(channel, "meanwhile");
			// Silence has to be noticed first, then dials into it given up, one or two of them.
			await until(() => heard.length === 1, "the message that was sent meanwhile", PATIENCE_MS);
			expect(heard).toEqual(["meanwhile"]);
			// The message may have come by a poll, before there is a socket again.
			const elsewhere = (): number =>
				["FRA", "LHR", "IAD"].reduce((sum, pop) => sum + socketsAt(rig, pop), 0);
			await until(() => elsewhere() === 2, "it to be elsewhere");
			await moved.close();
			await other.client.close();
		},
		90_000,
	);

	it("delay it stays, and is told later", async () => {
		const { client, heard } = await listenNear(rig, "DUB", "slow");
		for (const action of conditions({ delayMs: 150 })) await rig.control.act(action);
		const beganAt = performance.now();
		await client.publish("slow", "in a while");
		expect(performance.now() - beganAt).toBeGreaterThanOrEqual(300);
		await until(() => heard.length === 1, "the message");
		expect(socketsAt(rig, "DUB")).toBe(1);
		await client.close();
	});
});
