/*
 * E12: a PoP with 2,000 clients is drained in batches that the other one can take in. Two PoPs, and everybody
 * lives near the first: W = 1.2 × N ÷ C is 12 s for its two gateways, which say goodbye to 83 clients a second
 * each, and 100 a second is what each of the others takes.
 */
import { CONFIG } from "../config.js";
import { ALL_CONNECTED, both, popOf, socketsAt } from "../stories/conditions.js";
import type { Story } from "../stories/contract.js";
import type { Scenario } from "./contract.js";
import { figuresOfDrain } from "./sights.js";
import { begin } from "./steps.js";

const CLIENTS = 2_000;
const RATE = 100;
const [DUB, , , IAD] = CONFIG.pops;
if (DUB === undefined || IAD === undefined) throw new Error("The edge has lost its PoPs.");

/** So many a second and PoP may arrive: its gateways' rate, and a tenth. */
const MOST_ARRIVALS = 1.1 * RATE * IAD.gateways;

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
			withinMs: 60_000,
		},
	],
};

export const DRAIN_2000: Scenario = {
	name: "drain-2000",
	story: STORY,
	about: STORY.about,
	needs: null,
	clients: CLIENTS,
	edge: {
		config: {
			...{ pops: [DUB, IAD], capacity: 5_000, acceptRate: RATE, ttl: 1 },
			// One process and 2,000 clients that boot: a health check may take long, and says nothing then.
			monitor: { ...CONFIG.monitor, timeoutMs: 8_000, fall: 4 },
		},
		manners: { room: 12, rate: 0.11, startsPerSecond: 15 },
	},
	// So that nobody is there yet, however a busy machine boots them.
	prepare: [{ do: "flip-dns", pop: "IAD", up: false }],
	// One process holds both PoPs and 2,000 clients' TLS: 2,000 publishes a second are beyond two cores.
	enough: "delivered",
	measure: (sights) => {
		const figures = figuresOfDrain(sights, "DUB", "IAD");
		const { arrivalsP95 = 0 } = figures;
		const isOver = arrivalsP95 > MOST_ARRIVALS;
		const failure = `${arrivalsP95} arrivals a second (p95) are more than ${MOST_ARRIVALS}, 1.1 × what is taken in.`;
		return {
			figures: { ...figures, acceptRate: RATE * IAD.gateways },
			failures: isOver ? [failure] : [],
		};
	},
};
