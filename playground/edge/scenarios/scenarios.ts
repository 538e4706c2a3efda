/* The library: the stories of the page, and faults that have none there. */
import type { Story } from "../stories/contract.js";
import { STORIES } from "../stories/stories.js";
import type { Scenario } from "./contract.js";
import { DRAIN_2000 } from "./drain-2000.js";
import { BOOT_STORM, GATEWAY, GREY, SLEEP } from "./faults.js";
import { CERTIFICATE, DNS_DEAD, DNS_STALE, PANIC } from "./faults-of-names.js";
import { figuresOfFault } from "./sights.js";

/** By name of the command, where a story has another. */
const NAMES: Readonly<Record<string, string>> = { "region-fails": "pop-kill" };

const MEASURED = ["region-fails", "grey-failure"];

const scenarioOf = (story: Story): Scenario => ({
	name: NAMES[story.id] ?? story.id,
	story,
	about: story.about,
	needs: null,
	clients: null,
	edge: null,
	...(MEASURED.includes(story.id) && {
		measure: (sights) => ({ figures: figuresOfFault(sights, "DUB"), failures: [] }),
	}),
});

/** May 12, 2020: a list of servers that did not fit into the slots of the runtime API went stale. */
const SLOT_EXHAUSTION: Scenario = {
	name: "slot-exhaustion",
	story: null,
	about:
		"More servers than slots in HAProxy's runtime API: a list that goes stale, and 503s when the old ones leave.",
	needs: "--proxy haproxy: slots are HAProxy's, and the embedded proxy has none",
	clients: null,
	edge: null,
};

export const SCENARIOS: readonly Scenario[] = [
	...STORIES.map(scenarioOf),
	...[GATEWAY, GREY, DNS_DEAD, DNS_STALE, CERTIFICATE, BOOT_STORM, PANIC, SLEEP].map(scenarioOf),
	SLOT_EXHAUSTION,
	DRAIN_2000,
];

/** Throws with what there is instead. */
export function scenarioNamed(name: string): Scenario {
	const found = SCENARIOS.find((each) => each.name === name);
	if (found !== undefined) return found;
	const names = SCENARIOS.map((each) => each.name).join(", ");
	throw new Error(`There is no scenario "${name}"; there are ${names}.`);
}
