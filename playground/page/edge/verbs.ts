/*
 * What can be done to each part of the edge: words, a key, the actions, and whether it is so now. The map, the
 * menu and the bar show the same ones. Pure.
 */
import type { EdgeState, PopState } from "../../edge/control/contract.js";
import { API_VERBS, cdnVerbs, DNS_VERBS, nameVerbs } from "./other-verbs.js";
import type { Part, Verb } from "./part.js";
import { popVerbs } from "./pop-verbs.js";

/** In the order of the menu. */
export function partsOf(pops: readonly PopState[]): readonly Part[] {
	return [
		...pops.map((pop, at): Part => {
			const { name, city, isMain } = pop;
			const about = isMain ? "Main region: a PoP, the log and the API" : "Edge PoP";
			const [key, label] = [String(at + 1), `${name} · ${city}`];
			return { id: name, label, about, key, verbs: popVerbs(pop) };
		}),
		part("name-primary", "Primary name", "What clients dial first", "p", nameVerbs("primary")),
		part("name-backup", "Backup name", "What they dial then", "b", nameVerbs("backup")),
		part("dns", "DNS", "Leads each connection to a PoP", "d", DNS_VERBS),
		part("api", "API", "Poll, publish and history over HTTP", "a", API_VERBS),
		part("cdn-primary", "CDN", "Serves this page's script", "c", cdnVerbs("primary")),
		part("cdn-backup", "Backup CDN", "Serves it too", "u", cdnVerbs("backup")),
	];
}

const part = (
	id: string,
	label: string,
	about: string,
	key: string,
	verbs: readonly Verb[],
): Part => ({ id, label, about, key, verbs });

export const HEAL: Verb = {
	id: "heal",
	label: "Heal everything",
	help: "Every fault is taken back, every part is up.",
	key: "e",
	act: [{ do: "heal" }],
};

/** What is wrong with a part, in words; nothing: it is well. */
export function faultsOf({ verbs }: Part, state: EdgeState): readonly string[] {
	return verbs
		.filter(({ isOn }) => isOn?.(state) ?? false)
		.map(({ id, label }) => FAULTS[id] ?? label);
}

const FAULTS: Readonly<Record<string, string>> = {
	kill: "down",
	drain: "draining",
	delay: "+300 ms",
	loss: "5 % loss",
	"black-hole": "black hole",
	"half-open": "half-open",
	reset: "resets newcomers",
	refuse: "refuses upgrades",
	swallow: "swallows upgrades",
	"kill-gateway": "one gateway down",
	flip: "out of DNS",
	link: "cut from the log",
	replace: "two proxies",
	migrate: "migrating",
	down: "down",
	silent: "silent",
	servfail: "SERVFAIL",
	late: "late",
	corrupt: "corrupt",
	error: "503",
};
