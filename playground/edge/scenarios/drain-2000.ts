/*
 * E12: a PoP with 2,000 clients is drained in batches that the other one can take in. Two PoPs, and everybody
 * lives near the first: W = 1.2 × N ÷ C is 24 s for its two gateways, which say goodbye to 41 clients a second
 * each, and 50 a second is what each of the others takes. A machine that has shown, while its clients came, that
 * it can't take in so many is given less to take in, and a longer W.
 */
import { CONFIG, type PopConfig } from "../config.js";
import { ALL_CONNECTED, both, popOf, socketsAt } from "../stories/conditions.js";
import type { Story } from "../stories/contract.js";
import type { Coming, Scenario } from "./contract.js";
import { type Figures, figuresOfDrain, rateOfDrain } from "./sights.js";
import { begin } from "./steps.js";

const [DUB, IAD] = ["DUB", "IAD"].map((name) => CONFIG.pops.find((pop) => pop.name === name)) as [
	PopConfig,
	PopConfig,
];

const STORY: Story = {
	id: "drain-2000",
	title: "A PoP of 2,000 clients is drained",
	about:
		"Each client dials elsewhere first and leaves then, no faster than the others are taken in.",
	bite: {
		says: "all of them were in Dublin, and are in Virginia",
		holds: ({ now, before }) =>
			socketsAt(popOf(before, "DUB")) >= before.fleet.clients &&
			socketsAt(popOf(now, "DUB")) === 0 &&
			socketsAt(popOf(now, "IAD")) >= now.fleet.clients,
	},
	steps: [
		{
			...begin("Everybody is in Dublin; from now on DNS may lead to Virginia too."),
			act: () => [{ do: "flip-dns", pop: "IAD", up: "auto" }],
		},
		{
			id: "drain",
			caption: "Dublin is drained: DNS first, then a goodbye to everybody, a few each second.",
			act: () => [{ do: "drain", pop: "DUB", reason: "a scenario" }],
			until: both(
				{
					says: "Dublin is empty, and nobody was without a link",
					holds: ({ now, step }) =>
						socketsAt(popOf(now, "DUB")) === 0 && now.fleet.outages === step.fleet.outages,
				},
				ALL_CONNECTED,
			),
			withinMs: 240_000,
		},
	],
};

/** Of what a machine has just shown that it can take in while nobody spoke. */
const SHARE = 0.35;
/** Of what is wanted. Fewer would be too few for a quantile of arrivals a second to mean much. */
const LEAST_SHARE = 0.2;

/** Sockets a second and gateway: as wanted, or as this machine can bear with all that it has to do beside. */
export function paceOf(rate: number, { clients, tookMs }: Coming): number {
	const shown = (clients * 1_000) / tookMs / DUB.gateways;
	return Math.max(Math.ceil(LEAST_SHARE * rate), Math.min(rate, Math.floor(SHARE * shown)));
}

/** `rate`: sockets a second that a gateway takes in. */
export function drainOf(name: string, clients: number, rate: number): Scenario {
	return {
		name,
		...{ story: STORY, about: STORY.about, proxies: null, clients },
		edge: {
			config: {
				...{ pops: [DUB, IAD], capacity: 2.5 * clients, acceptRate: rate, ttl: 1 },
				// One process and all clients that boot: a health check may take long, and says nothing then.
				monitor: { ...CONFIG.monitor, timeoutMs: 8_000, fall: 4 },
			},
			// In pairs, ten in one go, and more than one a second; nobody before all are there, and never so many
			// at once that who dials waits behind them: on a busy machine less is said, and it takes longer.
			manners: {
				...{ room: 2, rate: 1.4, burst: 10, mostSpeaking: 4, speaks: "when-all-are-there" },
				...{ startsPerSecond: 250, patienceMs: 20_000 },
			},
		},
		// So that nobody is there yet, however a busy machine boots them.
		prepare: [{ do: "flip-dns", pop: "IAD", up: false }],
		paced: (coming) => [{ do: "set-window", acceptRate: paceOf(rate, coming) }],
		measure: (sights) => {
			const acceptRate = (rateOfDrain(sights, "DUB") ?? rate) * IAD.gateways;
			const figures: Figures = { ...figuresOfDrain(sights, "DUB", "IAD"), acceptRate };
			const { arrivalsP95 = 0 } = figures;
			const most = 1.1 * acceptRate;
			const why = `${arrivalsP95} arrivals a second (p95) are more than ${most.toFixed(0)}, 1.1 × what is taken in.`;
			return { figures, failures: arrivalsP95 > most ? [why] : [] };
		},
	};
}

/** Three tenths of it at three tenths of the rate: as long, and for machines that have other work. */
export const DRAIN_600 = drainOf("drain-600", 600, 15);
export const DRAIN_2000 = drainOf("drain-2000", 2_000, 50);
