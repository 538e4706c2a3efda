/* Stories of faults that no page tells: each breaks one thing, waits until it is felt, and heals it. */
import {
	ALL_CONNECTED,
	aWhile,
	both,
	popOf,
	saidMore,
	socketsAt,
	socketsOf,
} from "../stories/conditions.js";
import type { RequestClass } from "../api/admission.js";
import type { EdgeState, Upgrades } from "../control/contract.js";
import type { Condition, Step, Story } from "../stories/contract.js";
import { begin, nobodyIn, nobodyNoticed, step } from "./steps.js";

export const GREY: Story = {
	id: "grey-failure",
	title: "A grey failure, drained",
	about:
		"Dublin loses every second connection, silently; the automation drains it by DNS, and undrains it when it is well.",
	bite: {
		says: "Dublin had clients, its probes failed, and the automation led newcomers elsewhere",
		holds: ({ now, before }) =>
			socketsAt(popOf(before, "DUB")) > 0 &&
			now.drain.seen.some(
				({ pop, zones }) => pop === "DUB" && zones.some(({ failed }) => failed > 0),
			) &&
			now.drain.state.drains.some(({ id, by }) => id === "DUB" && by === "automation"),
	},
	steps: [
		{
			...begin("Everybody talks; the automation watches each zone through its own balancer."),
			act: () => [{ do: "set-automation", automation: "on" }],
		},
		step(
			"grey",
			"Every second connection to Dublin falls silent. Some of its health checks succeed all the same.",
			() => [{ do: "set-conditions", pop: "DUB", link: "clients", conditions: { lossShare: 0.5 } }],
			both(
				{
					says: "Dublin is drained by the automation",
					holds: ({ now }) =>
						now.drain.state.drains.some(({ id, stage }) => id === "DUB" && stage.is === "drained"),
				},
				both(nobodyIn("DUB"), ALL_CONNECTED),
			),
		),
		step(
			"well",
			"Dublin is well again. After its probes have succeeded for long enough, DNS leads there.",
			() => [{ do: "set-conditions", pop: "DUB", link: "clients", conditions: { lossShare: 0 } }],
			{ says: "nothing is drained", holds: ({ now }) => now.drain.state.drains.length === 0 },
		),
	],
};

/** More boots than a PoP lets through at a time, and fewer others. */
const CROWD = { boots: 80, others: 30 };

const shedIn = (state: EdgeState, by: RequestClass): number =>
	popOf(state, "DUB").admission[by].shed;

const SHED_BY_CLASS: Condition = {
	says: "some of the boots had to wait, and nobody else",
	holds: ({ now, step: began }) => {
		const [is, was] = [popOf(now, "DUB").admission, popOf(began, "DUB").admission];
		return (
			is.boot.served > was.boot.served &&
			is.boot.shed > was.boot.shed &&
			is.poll.served - was.poll.served >= CROWD.others &&
			is.poll.shed === was.poll.shed
		);
	},
};

export const BOOT_STORM: Story = {
	id: "boot-storm",
	title: "A boot storm",
	about:
		"Two thirds of all clients boot at once; boots are shed and nothing else, and who was there before keeps his link.",
	bite: {
		says: "more sockets came within a second than were there before, and Dublin sent boots away",
		holds: ({ arrivals, now, step: began }) =>
			arrivals > socketsOf(began) && shedIn(now, "boot") > shedIn(began, "boot"),
	},
	steps: [
		{
			...begin("A third of them is there."),
			act: ({ fleet }) => [{ do: "resize-fleet", clients: Math.ceil(fleet.wanted / 3) }],
		},
		step(
			"storm",
			"All the others boot in the same second.",
			({ fleet }) => [
				{ do: "resize-fleet", clients: fleet.wanted * 3 },
				{ do: "crowd", pop: "DUB", ...CROWD },
			],
			both(both(ALL_CONNECTED, saidMore(2)), both(SHED_BY_CLASS, nobodyNoticed)),
		),
	],
};

/** Until servers have given up on who doesn't answer: 6 s of silence, and two questions of 3 s. */
const SLEEP_MS = 18_000;

export const SLEEP: Story = {
	id: "sleep",
	title: "Computers sleep",
	about:
		"Half of all clients stand still for 18 s; awake, they find their links dead, and go on where they were.",
	bite: {
		says: "servers gave up on a quarter of all sockets, at least",
		holds: ({ fewestSockets, now }) => fewestSockets <= 0.75 * now.fleet.clients,
	},
	steps: [
		begin("Everybody is connected."),
		step(
			"sleep",
			"Every second client's computer is shut, and opened 18 s later.",
			() => [{ do: "sleep-fleet", ms: SLEEP_MS }],
			both(both(aWhile(SLEEP_MS + 1_000), ALL_CONNECTED), {
				says: "servers had given them up",
				holds: ({ fewestSockets, now }) => fewestSockets <= 0.75 * now.fleet.clients,
			}),
		),
	],
};

/** By its own account: an embedded one keeps no list. */
const knowsGateways = (count: number): Condition => ({
	says: `a real proxy knows ${count} of Dublin's gateways, and finds them well`,
	holds: ({ now }) => {
		const { endpoints } = popOf(now, "DUB").proxy ?? {};
		if (endpoints === undefined) return true;
		return endpoints.length === count && endpoints.every(({ isWell }) => isWell);
	},
});

export const GATEWAY: Story = {
	id: "gateway-kill",
	title: "A gateway dies",
	about:
		"One of Dublin's two gateways is gone; its clients are on the other one, or elsewhere, in no time.",
	bite: {
		says: "a gateway with clients died",
		holds: ({ now, before }) =>
			(popOf(before, "DUB").gateways[0]?.primary ?? 0) > 0 &&
			popOf(now, "DUB").gateways[0]?.is === "down" &&
			now.fleet.outages > before.fleet.outages,
	},
	steps: [
		begin("Everybody is connected."),
		step(
			"kill",
			"A gateway of Dublin dies.",
			() => [{ do: "kill-gateway", pop: "DUB", gateway: 0 }],
			both(
				both(
					{
						says: "its clients had to dial again",
						holds: ({ now, step: began }) => now.fleet.outages > began.fleet.outages,
					},
					knowsGateways(1),
				),
				both(ALL_CONNECTED, saidMore(2)),
			),
		),
		step(
			"back",
			"A new one takes its place.",
			() => [{ do: "restore-gateway", pop: "DUB", gateway: 0 }],
			both(both(saidMore(1), knowsGateways(2)), ALL_CONNECTED),
		),
	],
};

const everyPop =
	(upgrades: Upgrades): Step["act"] =>
	({ pops }) =>
		pops.map(({ name }) => ({ do: "set-upgrades", pop: name, upgrades }));

export const UPGRADES: Story = {
	id: "upgrades-refused",
	title: "WebSockets are refused everywhere",
	about: "Every proxy refuses upgrades and lets HTTP through: all poll, and nothing is lost.",
	bite: {
		says: "no socket was left, clients polled, and real proxies counted whom they refused",
		holds: ({ now, before }) =>
			socketsOf(before) > 0 &&
			socketsOf(now) === 0 &&
			now.sockets.polling > 0 &&
			["DUB", "FRA", "LHR"].every((name) => {
				const { proxy } = popOf(now, name);
				return proxy === undefined || proxy.refused > (popOf(before, name).proxy?.refused ?? 0);
			}),
	},
	steps: [
		begin("Everybody has a WebSocket."),
		step(
			"refuse",
			"Every proxy answers 503 to who asks for a WebSocket, and cuts those that are open.",
			everyPop("refuse"),
			both(
				{
					says: "nobody has a socket, and everybody polls",
					holds: ({ now }) =>
						socketsOf(now) === 0 && now.sockets.polling >= 0.9 * now.fleet.clients,
				},
				saidMore(1),
			),
		),
		step("pass", "They take WebSockets again.", everyPop("pass"), ALL_CONNECTED),
	],
};
