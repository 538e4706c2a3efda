/*
 * Depth first, every interleaving. A server cannot be copied, so to take another turn a world is made
 * anew and led there again. A state that was seen before is not entered twice, and of two actions that
 * commute only one order is tried (sleep sets; Godefroid, Partial-Order Methods, 1996, chapter 5): what
 * a client receives and what a gateway handles do not see each other before the next arrives.
 */
import { createHash } from "node:crypto";
import type { Loaded } from "./load.js";
import type { ModelWorld, Scenario } from "./scenario.js";

export interface Found {
	readonly path: readonly string[];
	readonly problems: readonly string[];
}

export interface Searched {
	readonly states: number;
	/** Of these, states in which nothing was on its way, each of which healed. */
	readonly quiet: number;
	readonly steps: number;
	readonly deepest: number;
	readonly found: Found | null;
	/** It was given up: not every state was visited. */
	readonly isCapped: boolean;
}

const LONGEST_HEALING = 300;
/** Nothing behind the gateways notices these, but that a link is given up. */
const CLIENTS_OWN = /^(down|answer|reply|disk|finish|publish)/;
/** The client notices none of these before something arrives. */
const SERVERS_OWN = /^(up|request|append|broadcast|restart)/;

type Commute = (one: string, other: string) => boolean;

/** Neither of the two notices the other. */
function isApart(one: string, other: string): boolean {
	return (
		(CLIENTS_OWN.test(one) && SERVERS_OWN.test(other)) ||
		(SERVERS_OWN.test(one) && CLIENTS_OWN.test(other))
	);
}

export function search(loaded: Loaded, scenario: Scenario, cap: number): Searched {
	return new Search(loaded, scenario, cap, isApart).run();
}

/** Every order of every two actions, to see that none was left out that leads elsewhere. */
export function searchAllOrders(loaded: Loaded, scenario: Scenario, cap: number): Searched {
	return new Search(loaded, scenario, cap, () => false).run();
}

class Search {
	readonly #loaded: Loaded;
	readonly #scenario: Scenario;
	readonly #cap: number;
	readonly #commute: Commute;
	/** Of each state, what has not been tried there, because it was elsewhere. */
	readonly #seen = new Map<string, ReadonlySet<string>>();
	readonly #path: string[] = [];
	#world: ModelWorld;
	/** The world stands at the end of the path. */
	#isThere = true;
	#quiet = 0;
	#steps = 0;
	#deepest = 0;
	#found: Found | null = null;

	constructor(loaded: Loaded, scenario: Scenario, cap: number, commute: Commute) {
		this.#loaded = loaded;
		this.#scenario = scenario;
		this.#cap = cap;
		this.#commute = commute;
		this.#world = this.#make();
	}

	run(): Searched {
		this.#visit(this.#world.serverDigest(), new Set());
		const isCapped = this.#seen.size >= this.#cap;
		const figures = { quiet: this.#quiet, steps: this.#steps, deepest: this.#deepest };
		return { states: this.#seen.size, ...figures, found: this.#found, isCapped };
	}

	#visit(server: string, asleep: ReadonlySet<string>): void {
		const text = server + this.#world.clientDigest();
		const state = createHash("md5").update(text).digest("base64");
		const before = this.#seen.get(state);
		const actions = before ?? new Set(this.#world.actions());
		const open = [...actions].filter((action) => !asleep.has(action));
		this.#seen.set(state, new Set([...actions].filter((action) => asleep.has(action))));
		this.#deepest = Math.max(this.#deepest, this.#path.length);
		if (before === undefined && this.#world.isQuiet()) this.#heal();
		open.forEach((action, index) => {
			if (this.#found !== null || this.#seen.size >= this.#cap) return;
			const others = [...asleep, ...open.slice(0, index)];
			this.#enter(action, server, new Set(others.filter((other) => this.#commute(other, action))));
		});
	}

	#enter(action: string, server: string, asleep: ReadonlySet<string>): void {
		this.#go();
		const { heldLinks } = this.#world;
		this.#take(action);
		this.#path.push(action);
		this.#judge(this.#world.problems);
		const isSame = CLIENTS_OWN.test(action) && this.#world.heldLinks === heldLinks;
		if (this.#found === null) this.#visit(isSame ? server : this.#world.serverDigest(), asleep);
		this.#path.pop();
		this.#isThere = false;
	}

	/** Whatever has happened: if nothing goes wrong any more, all comes right. */
	#heal(): void {
		this.#quiet += 1;
		const before = this.#path.length;
		let steps = 0;
		for (let next = this.#world.heal(); next !== null; next = this.#world.heal()) {
			this.#take(next);
			this.#path.push(`(${next})`);
			steps += 1;
			if (steps > LONGEST_HEALING) break;
		}
		const endless = steps > LONGEST_HEALING ? ["never comes to rest"] : [];
		this.#judge([...this.#world.verdict(), ...endless]);
		this.#path.length = before;
		this.#isThere = false;
	}

	#judge(problems: readonly string[]): void {
		if (problems.length > 0) this.#found ??= { path: [...this.#path], problems: [...problems] };
	}

	/** Makes sure that the world stands at the end of the path. */
	#go(): void {
		if (this.#isThere) return;
		this.#world = this.#make();
		for (const action of this.#path) this.#take(action);
		this.#isThere = true;
	}

	#make(): ModelWorld {
		const world = this.#loaded.model.create(this.#scenario);
		this.#loaded.settle();
		return world;
	}

	#take(action: string): void {
		this.#steps += 1;
		this.#world.act(action);
		this.#loaded.settle();
		while (this.#world.runTimer()) this.#loaded.settle();
	}
}
