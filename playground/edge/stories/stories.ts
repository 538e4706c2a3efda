/* The prepared stories. */
import type { EdgeState } from "../control/contract.js";
import {
	ALL_CONNECTED,
	aWhile,
	both,
	popOf,
	saidMore,
	socketsAt,
	socketsOf,
} from "./conditions.js";
import type { Condition, Step, Story } from "./contract.js";

const PATIENCE_MS = 45_000;
const nothing: Step["act"] = () => [];

const begin = (caption: string): Step => ({
	id: "begin",
	caption,
	act: nothing,
	until: both(ALL_CONNECTED, saidMore(1)),
	withinMs: PATIENCE_MS,
});

const REGION: Story = {
	id: "region-fails",
	title: "A region fails",
	about:
		"Dublin goes dark; its clients are on a backup within seconds, and nobody misses a message.",
	bite: {
		says: "Dublin lost clients",
		holds: ({ now, step }) =>
			socketsAt(popOf(step, "DUB")) > 0 && socketsAt(popOf(now, "DUB")) === 0,
	},
	steps: [
		begin("Clients near Dublin, Frankfurt and London talk to their nearest region."),
		{
			id: "kill",
			caption: "Dublin fails: its balancers, its proxy and its servers are gone at once.",
			act: () => [{ do: "kill-pop", pop: "DUB" }],
			until: {
				says: "nobody is left in Dublin, and all are connected elsewhere",
				holds: (view) => socketsAt(popOf(view.now, "DUB")) === 0 && ALL_CONNECTED.holds(view),
			},
			withinMs: PATIENCE_MS,
		},
		{
			id: "dns",
			caption: "DNS has noticed as well: newcomers near Dublin are led to the next region.",
			act: nothing,
			until: {
				says: "DNS calls Dublin down, and messages flow",
				holds: (view) => !popOf(view.now, "DUB").dns.up && saidMore(2).holds(view),
			},
			withinMs: PATIENCE_MS,
		},
		{
			id: "restore",
			caption: "Dublin is back. Clients return over time, not all at once.",
			act: () => [{ do: "restore-pop", pop: "DUB" }],
			until: {
				says: "the monitor and DNS call Dublin up again",
				holds: ({ now }) => popOf(now, "DUB").health.ok && popOf(now, "DUB").dns.up,
			},
			withinMs: PATIENCE_MS,
		},
	],
};

const DEGRADED: Story = {
	id: "degraded",
	title: "Both endpoints gone: degraded mode",
	about:
		"No WebSocket anywhere; messages go over HTTP, a grey banner says so, and nothing is lost.",
	bite: {
		says: "no socket was left, and clients polled",
		holds: ({ now, step }) =>
			socketsOf(step) > 0 && socketsOf(now) === 0 && now.sockets.polling > 0,
	},
	steps: [
		begin("All is well: everybody has a WebSocket."),
		{
			id: "primary",
			caption: "The primary name goes: everybody moves to the backup.",
			act: () => [{ do: "set-name", name: "primary", up: false }],
			until: {
				says: "all are on the backup",
				holds: (view) => view.now.sockets.primary === 0 && ALL_CONNECTED.holds(view),
			},
			withinMs: PATIENCE_MS,
		},
		{
			id: "backup",
			caption: "The backup goes as well. What is left is the API, and it is enough.",
			act: () => [{ do: "set-name", name: "backup", up: false }],
			until: {
				says: "nobody has a socket, everybody polls, and messages flow",
				holds: (view) =>
					socketsOf(view.now) === 0 &&
					view.now.sockets.polling >= 0.9 * view.now.fleet.clients &&
					saidMore(1).holds(view),
			},
			withinMs: 60_000,
		},
		{
			id: "restore",
			caption: "Both names are back: the banner goes, the sockets return.",
			act: () => [
				{ do: "set-name", name: "backup", up: true },
				{ do: "set-name", name: "primary", up: true },
			],
			until: ALL_CONNECTED,
			withinMs: 60_000,
		},
	],
};

/** Half of it for the goodbyes, half for the last ones to move. */
const DEPLOY_MS = 12_000;
/** Where nobody minds who has to reconnect. */
const RENEW_MS = 4_000;

const deployIn = (pop: string, city: string): Step => ({
	id: `deploy-${pop}`,
	caption: `New servers in ${city}: the old ones say goodbye, clients dial first and leave then.`,
	act: () => [{ do: "deploy", pop, withinMs: DEPLOY_MS }],
	until: {
		says: `nobody is left on an old server in ${city}`,
		holds: (view) =>
			view.now.fleet.migrations > view.step.fleet.migrations && ALL_CONNECTED.holds(view),
	},
	withinMs: PATIENCE_MS,
});

const DEPLOY: Story = {
	id: "deploy",
	title: "A deploy nobody notices",
	about: "Every server is replaced; each client has its new link before the old one ends.",
	bite: {
		says: "clients changed servers",
		holds: ({ now, before }) => now.fleet.migrations - before.fleet.migrations > 0,
	},
	steps: [
		begin("A release is due, in the middle of the day."),
		deployIn("DUB", "Dublin"),
		deployIn("FRA", "Frankfurt"),
		deployIn("LHR", "London"),
		{
			id: "unnoticed",
			caption: "Every server is new. Nobody was without a link, not for a moment.",
			act: nothing,
			until: {
				says: "no client had to reconnect",
				holds: ({ now, before }) => now.fleet.outages === before.fleet.outages,
			},
			withinMs: 2_000,
		},
	],
};

const CDN: Story = {
	id: "cdn-dark",
	title: "The CDN goes dark",
	about: "The page's assets come from the backup, or from the cache; who is there chats on.",
	watchesCdns: true,
	bite: {
		says: "no CDN answered",
		holds: ({ cdns }) => !cdns.primary && !cdns.backup,
	},
	steps: [
		begin("Pages load their scripts from the CDN, and check what they get."),
		{
			id: "primary",
			caption: "The CDN is dark: who loads the page now gets it from the backup.",
			act: () => [{ do: "fault-cdn", cdn: "primary", fault: { is: "refuse" } }],
			until: {
				says: "the CDN is silent, the backup answers",
				holds: ({ cdns }) => !cdns.primary && cdns.backup,
			},
			withinMs: PATIENCE_MS,
		},
		{
			id: "backup",
			caption: "The backup goes too: pages start from what they have kept, and chats go on.",
			act: () => [{ do: "fault-cdn", cdn: "backup", fault: { is: "refuse" } }],
			until: {
				says: "both are silent, and messages flow",
				holds: (view) => !view.cdns.primary && !view.cdns.backup && saidMore(2).holds(view),
			},
			withinMs: PATIENCE_MS,
		},
		{
			id: "restore",
			caption: "Both are back.",
			act: () => [
				{ do: "heal-cdn", cdn: "primary" },
				{ do: "heal-cdn", cdn: "backup" },
			],
			until: { says: "both answer", holds: ({ cdns }) => cdns.primary && cdns.backup },
			withinMs: PATIENCE_MS,
		},
	],
};

const restartAll: Step["act"] = ({ pops }) =>
	pops.map(({ name }) => ({ do: "restart-servers", pop: name }));

/** So that everybody's window is about six seconds, whatever the fleet. */
function rateOf({ fleet, pops }: EdgeState): number {
	const busy = pops.filter((pop) => socketsAt(pop) > 0).flatMap(({ gateways }) => gateways);
	return (1.2 * fleet.clients) / Math.max(1, busy.length) / 6;
}

const renew = (state: EdgeState, acceptRate: number | null): ReturnType<Step["act"]> => [
	{ do: "set-window", acceptRate },
	...state.pops.map(({ name }) => ({ do: "deploy", pop: name, withinMs: RENEW_MS }) as const),
];

/** Links that were cut while they are young make their clients careful, which is another story. */
const STABLE_MS = 6_000;

const renewed = both(
	{
		says: "all are on servers with the new rule",
		holds: (view) =>
			view.now.fleet.migrations > view.step.fleet.migrations && ALL_CONNECTED.holds(view),
	},
	aWhile(STABLE_MS + RENEW_MS),
);

/** All of them are back, after they were away. */
const allBack: Condition = {
	says: "all were cut, and are back",
	holds: (view) => {
		const half = view.now.fleet.clients / 2;
		// Who is back within a quarter of a second may be missed as away, but not as a newcomer.
		return (view.fewestSockets < half || view.arrivals > half) && ALL_CONNECTED.holds(view);
	},
};

const HERD: Story = {
	id: "herd",
	title: "A thundering herd, with and without the window",
	about:
		"All servers restart at once, twice: first their clients come back as one, then spread over a window.",
	bite: {
		says: "more than half of all sockets were cut",
		holds: ({ fewestSockets, now }) => fewestSockets < now.fleet.clients / 2,
	},
	steps: [
		begin("Everybody is connected."),
		{
			id: "no-window",
			caption: "Servers that announce no window take over.",
			act: (now) => renew(now, null),
			until: renewed,
			withinMs: PATIENCE_MS,
		},
		{
			id: "without",
			caption:
				"All servers restart, and say nothing of when to return. Within half a second everybody knocks.",
			act: restartAll,
			// One after the other, the first ones' clients are back before the last ones' are cut.
			isAtOnce: true,
			until: allBack,
			withinMs: PATIENCE_MS,
		},
		{
			id: "window",
			caption: "Now with the window: servers say over how long they can take everybody back.",
			act: (now) => renew(now, rateOf(now)),
			until: renewed,
			withinMs: PATIENCE_MS,
		},
		{
			id: "with",
			caption: "All servers restart again. The same clients come back, spread over the window.",
			act: restartAll,
			// One after the other, the first ones' clients are back before the last ones' are cut.
			isAtOnce: true,
			until: {
				says: "all are back, and no second saw more than seven tenths of what it saw without",
				holds: (view) => allBack.holds(view) && view.arrivals <= 0.7 * (view.earlier.without ?? 0),
			},
			withinMs: PATIENCE_MS,
		},
	],
};

export const STORIES: readonly Story[] = [REGION, DEGRADED, DEPLOY, CDN, HERD];
