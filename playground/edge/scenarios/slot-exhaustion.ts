/*
 * May 12, 2020: a list of servers that did not fit into the slots of HAProxy's runtime API went stale, unseen,
 * until the servers on it left. Dublin has two gateways and two places for them; two more come, find none, and
 * since they are looked for before any is freed, the list changes no more. An Envoy is told the same.
 */
import { CONFIG } from "../config.js";
import type { EdgeState, GatewayState, PopState } from "../control/contract.js";
import type { ProxyFacts } from "../control/proxy-facts.js";
import { ALL_CONNECTED, both, popOf, saidMore, socketsAt } from "../stories/conditions.js";
import type { Condition, Story } from "../stories/contract.js";
import type { Scenario } from "./contract.js";
import { figuresOfPlaces } from "./sights.js";
import { begin, nobodyIn, nobodyNoticed, step } from "./steps.js";

const POP = "DUB";
const OLD = [0, 1];
const NEW = [2, 3];

const dublin = (state: EdgeState): PopState => popOf(state, POP);
const hasPlaces = (state: EdgeState): boolean => dublin(state).proxy?.kind === "haproxy";
const refusedIn = (state: EdgeState): number => dublin(state).proxy?.refused ?? 0;
const holdsSockets = ({ primary, backup }: GatewayState | undefined = NOBODY): boolean =>
	primary + backup > 0;
const NOBODY: GatewayState = {
	...{ name: "", is: "down", primary: 0, backup: 0, leaving: 0, accepted: 0 },
};

/** With an Envoy, the other thing. */
const given = (haproxy: Condition, envoy: Condition): Condition => ({
	says: `with HAProxy ${haproxy.says}, with Envoy ${envoy.says}`,
	holds: (view) => (hasPlaces(view.now) ? haproxy : envoy).holds(view),
});

const knows = (count: number) => ({
	says: `it knows ${count} gateways, all well`,
	holds: ({ now }: { readonly now: EdgeState }) => {
		const { endpoints = [] }: Partial<ProxyFacts> = dublin(now).proxy ?? {};
		return endpoints.length === count && endpoints.every(({ isWell }) => isWell);
	},
});

/** By what HAProxy says of its own places, and counts. */
const STALE: Condition = {
	says: "it has no place for two gateways, those on its list are dead, and it answers 503",
	holds: ({ now, before }) => {
		const { unplaced, endpoints = [] }: Partial<ProxyFacts> = dublin(now).proxy ?? {};
		return (
			unplaced === NEW.length &&
			endpoints.length === OLD.length &&
			endpoints.every(({ isWell }) => !isWell) &&
			refusedIn(now) > refusedIn(before)
		);
	},
};

const TAKEN_IN: Condition = {
	says: "it leads Dublin's clients to the new gateways",
	holds: ({ now }) => {
		const { gateways } = dublin(now);
		return (
			OLD.every((at) => gateways[at]?.is === "down") &&
			NEW.some((at) => holdsSockets(gateways[at])) &&
			knows(NEW.length).holds({ now })
		);
	},
};

const wasThere: Condition = {
	says: "Dublin had clients",
	holds: ({ before, now }) =>
		socketsAt(dublin(before)) > 0 && now.fleet.outages > before.fleet.outages,
};

const STORY: Story = {
	id: "slot-exhaustion",
	title: "More servers than places",
	about:
		"More servers than slots in HAProxy's runtime API: a list that goes stale, and 503s when the old ones leave. Envoy's list has no end.",
	bite: both(wasThere, given(STALE, TAKEN_IN)),
	steps: [
		begin("Everybody is connected; Dublin has two gateways, and its HAProxy two places."),
		step(
			"grow",
			"Two more gateways come. Nobody notices that HAProxy has no place for them.",
			() => NEW.map((gateway) => ({ do: "restore-gateway", pop: POP, gateway }) as const),
			both(
				given(
					{
						says: "two have no place",
						holds: ({ now }) => dublin(now).proxy?.unplaced === NEW.length,
					},
					knows(OLD.length + NEW.length),
				),
				both(saidMore(1), nobodyNoticed),
			),
		),
		step(
			"leave",
			"The old ones leave. Who comes to HAProxy gets 503 and goes elsewhere, though two gateways are well.",
			() => [
				// So that newcomers meet it: otherwise DNS would lead them elsewhere soon.
				{ do: "flip-dns", pop: POP, up: true },
				...OLD.map((gateway) => ({ do: "kill-gateway", pop: POP, gateway }) as const),
			],
			both(given(both(STALE, nobodyIn(POP)), TAKEN_IN), both(ALL_CONNECTED, saidMore(1))),
		),
		step(
			"reload",
			"HAProxy is told to load its list anew. Dublin is well again.",
			(now) => [
				...(hasPlaces(now) ? [{ do: "reload-proxy", pop: POP } as const] : []),
				{ do: "flip-dns", pop: POP, up: "auto" },
			],
			both(knows(NEW.length), {
				says: "the monitor calls Dublin well",
				holds: ({ now }) => dublin(now).health.ok && dublin(now).dns.up,
			}),
		),
	],
};

export const SLOT_EXHAUSTION: Scenario = {
	name: STORY.id,
	story: STORY,
	about: STORY.about,
	proxies: ["haproxy", "envoy"],
	clients: null,
	edge: {
		config: {
			pops: CONFIG.pops.map((pop) =>
				pop.name === POP ? { ...pop, gateways: OLD.length + NEW.length } : pop,
			),
			slots: { places: OLD.length, order: "fill-first" },
		},
		manners: {},
	},
	// So that there are two at first.
	prepare: NEW.map((gateway) => ({ do: "kill-gateway", pop: POP, gateway })),
	measure: (sights) => ({ figures: figuresOfPlaces(sights, POP), failures: [] }),
};
