/* The library: the stories of the page, and faults that have none there. */
import type { Story } from "../stories/contract.js";
import { STORIES } from "../stories/stories.js";
import type { Scenario } from "./contract.js";
import { DRAIN_600, DRAIN_2000 } from "./drain-2000.js";
import { BOOT_STORM, GATEWAY, GREY, SLEEP, UPGRADES } from "./faults.js";
import { CERTIFICATE, DNS_DEAD, DNS_STALE, PANIC } from "./faults-of-names.js";
import { figuresOfFault } from "./sights.js";
import { SLOT_EXHAUSTION } from "./slot-exhaustion.js";

/** By name of the command, where a story has another. */
const NAMES: Readonly<Record<string, string>> = { "region-fails": "pop-kill" };

const MEASURED = ["region-fails", "grey-failure"];

const scenarioOf = (story: Story): Scenario => ({
	name: NAMES[story.id] ?? story.id,
	story,
	about: story.about,
	proxies: null,
	clients: null,
	edge: null,
	...(MEASURED.includes(story.id) && {
		measure: (sights) => ({ figures: figuresOfFault(sights, "DUB"), failures: [] }),
	}),
});

export const SCENARIOS: readonly Scenario[] = [
	...STORIES.map(scenarioOf),
	...[GATEWAY, GREY, DNS_DEAD, DNS_STALE, CERTIFICATE, BOOT_STORM, PANIC, SLEEP, UPGRADES].map(
		scenarioOf,
	),
	SLOT_EXHAUSTION,
	DRAIN_600,
	DRAIN_2000,
];

/** Throws with what there is instead. */
export function scenarioNamed(name: string): Scenario {
	const found = SCENARIOS.find((each) => each.name === name);
	if (found !== undefined) return found;
	const names = SCENARIOS.map((each) => each.name).join(", ");
	throw new Error(`There is no scenario "${name}"; there are ${names}.`);
}
