/* Small worlds that together hold what may go wrong: each is searched to its end, by itself. */
import type { Scenario } from "./scenario.js";

/** One client that publishes nothing and hears all, one link, nothing that goes wrong. */
const LEAST: Omit<Scenario, "name"> = {
	...{ publishes: 0, appends: 0, ephemerals: 0 },
	...{ dials: 1, polls: 0, posts: 0, returns: 0, beats: 0, faults: 0, kinds: [] },
	...{ from: "earliest", recover: true, persist: "memory", ttl: "none", log: "at-once" },
	retires: "at-once",
};

const of = (name: string, change: Partial<Scenario>): Scenario => ({ ...LEAST, ...change, name });

/** The outbox alone: it hears only what its publishes are answered. */
const PUBLISHER: Partial<Scenario> = { from: "nowhere", publishes: 2, dials: 2 };
const LISTENER: Partial<Scenario> = { appends: 2, dials: 2 };

const PUBLISHES: readonly Scenario[] = [
	of("2 publishes, 2 cuts and crashes", { ...PUBLISHER, faults: 2, kinds: ["cut", "crash"] }),
	of("3 publishes, a cut", { ...PUBLISHER, publishes: 3, faults: 1, kinds: ["cut"] }),
	of("2 publishes, 2 cuts and busy logs", { ...PUBLISHER, faults: 2, kinds: ["busy", "cut"] }),
	of("3 publishes, a log that is busy twice", {
		...PUBLISHER,
		...{ publishes: 3, dials: 1, faults: 2, kinds: ["busy"] },
	}),
	of("2 publishes, a right withdrawn, a cut", {
		...PUBLISHER,
		...{ faults: 2, kinds: ["deny", "cut"] },
	}),
	of("2 publishes, 2 cuts and lost tails", {
		...PUBLISHER,
		...{ faults: 2, kinds: ["restart-tail", "cut"] },
	}),
	of("a publish, 2 crashes and restarts of all kinds", {
		...{ ...PUBLISHER, publishes: 1, faults: 2 },
		kinds: ["restart-all", "restart-tail", "restart-none", "crash"],
	}),
	of("2 publishes, a cut, and longer than the server remembers", {
		...{ ...PUBLISHER, faults: 2, kinds: ["age", "cut"] },
	}),
	of("2 stored publishes of a process that dies", {
		...{ ...PUBLISHER, persist: "storage", faults: 1, kinds: ["die"] },
	}),
	of("a stored publish, 2 deaths, or longer than the server remembers", {
		...{ ...PUBLISHER, publishes: 1, persist: "storage", faults: 2, kinds: ["age", "die"] },
	}),
	of("a stored publish, a right withdrawn, a death", {
		...{ ...PUBLISHER, publishes: 1, persist: "storage", faults: 2, kinds: ["deny", "die"] },
	}),
	of("2 stored publishes, a death, a lost tail", {
		...{ ...PUBLISHER, persist: "storage", faults: 2, kinds: ["die", "restart-tail"] },
	}),
	of("2 publishes that may expire, a cut", {
		...{ ...PUBLISHER, ttl: "short", faults: 2, kinds: ["expire", "cut"] },
	}),
	of("a stored publish that may expire, a death", {
		...{ ...PUBLISHER, publishes: 1, ttl: "short", persist: "storage" },
		...{ faults: 2, kinds: ["expire", "die"] },
	}),
	of("a publish to a log that takes its time, a right withdrawn, a cut", {
		...{ ...PUBLISHER, publishes: 1, log: "steps", faults: 2, kinds: ["deny", "cut"] },
	}),
	of("2 publishes to a log that takes its time, turned down once, a cut", {
		...{ ...PUBLISHER, log: "steps", faults: 2, kinds: ["refuse", "cut"] },
	}),
	of("2 publishes to a log that takes its time, a cut or a crash", {
		...{ ...PUBLISHER, log: "steps", faults: 1, kinds: ["cut", "crash"] },
	}),
	of("2 publishes to a log that takes its time, and loses its tail", {
		...{ ...PUBLISHER, log: "steps", faults: 1, kinds: ["restart-tail"] },
	}),
];

/** No link at first, and perhaps one later: publishes go in requests, whose answers get lost. */
const REQUESTS: Partial<Scenario> = { from: "nowhere", publishes: 2, dials: 1, posts: 2 };

const POSTS: readonly Scenario[] = [
	of("2 publishes in requests, 2 cuts and crashes", {
		...{ ...REQUESTS, faults: 2, kinds: ["cut", "crash"] },
	}),
	of("2 publishes in requests, a busy log, a right withdrawn, or a cut", {
		...{ ...REQUESTS, faults: 1, kinds: ["busy", "deny", "cut"] },
	}),
	of("2 publishes in requests, 2 cuts and lost tails", {
		...{ ...REQUESTS, posts: 1, faults: 2, kinds: ["restart-tail", "cut"] },
	}),
	of("2 publishes in requests to a log that takes its time, a cut", {
		...{ ...REQUESTS, posts: 1, log: "steps", faults: 1, kinds: ["cut"] },
	}),
	of("a publish in requests, longer than the server remembers, a cut", {
		...{ ...REQUESTS, publishes: 1, faults: 2, kinds: ["age", "cut"] },
	}),
	of("a stored publish in requests, a death, a cut", {
		...{ ...REQUESTS, publishes: 1, persist: "storage", faults: 2, kinds: ["die", "cut"] },
	}),
];

const MESSAGES: readonly Scenario[] = [
	of("2 messages, 2 cuts and crashes", { ...LISTENER, faults: 2, kinds: ["cut", "crash"] }),
	of("3 messages, a cut", { ...LISTENER, appends: 3, faults: 1, kinds: ["cut"] }),
	of("2 messages over 2 links, a log that restarts", {
		...{ ...LISTENER, faults: 1, kinds: ["restart-all", "restart-tail", "restart-none"] },
	}),
	of("2 messages over a link, a log that restarts twice", {
		...{ ...LISTENER, dials: 1, faults: 2 },
		kinds: ["restart-all", "restart-tail", "restart-none"],
	}),
	of("a message, 2 cuts and lost tails", {
		...{ ...LISTENER, appends: 1, faults: 2, kinds: ["restart-tail", "cut"] },
	}),
	of("a message of a log that takes its time, a cut", {
		...{ ...LISTENER, appends: 1, log: "steps", faults: 1, kinds: ["cut"] },
	}),
	of("2 messages of a log that takes its time, and loses its tail", {
		...{ ...LISTENER, dials: 1, log: "steps", faults: 1, kinds: ["restart-tail"] },
	}),
	of("a message, a log that is busy twice", {
		...{ ...LISTENER, appends: 1, faults: 2, kinds: ["busy"] },
	}),
	of("2 messages, longer than the log retains them", {
		...{ ...LISTENER, faults: 1, kinds: ["age"] },
	}),
	of("2 messages, longer than the log retains them, a lost tail", {
		...{ ...LISTENER, dials: 1, faults: 2, kinds: ["age", "restart-tail"] },
	}),
	of("2 messages, 2 reports of heads, a lost tail", {
		...{ ...LISTENER, dials: 1, beats: 2, faults: 1, kinds: ["restart-tail"] },
	}),
	of("2 messages to a process that dies twice", { ...LISTENER, faults: 2, kinds: ["die"] }),
	of("2 messages behind the head, a cut", {
		...{ ...LISTENER, from: null, faults: 1, kinds: ["cut"] },
	}),
	of("2 messages to a channel that does not recover, a lost tail", {
		...{ ...LISTENER, recover: false, faults: 1, kinds: ["restart-tail"] },
	}),
	of("a message beside a poll, a cut", {
		...{ ...LISTENER, appends: 1, polls: 1, faults: 1, kinds: ["cut"] },
	}),
	of("a message over a link and a poll, a cut or a lost tail", {
		...{ ...LISTENER, appends: 1, dials: 1, polls: 1, faults: 1, kinds: ["cut", "restart-tail"] },
	}),
	of("a message over 2 polls, 2 cuts and lost tails", {
		...{ ...LISTENER, appends: 1, dials: 1, polls: 2, faults: 2, kinds: ["cut", "restart-tail"] },
	}),
	of("2 messages to an app that leaves and comes back", {
		...{ ...LISTENER, dials: 1, from: null, returns: 1 },
	}),
	of("a message to an app that leaves and comes back, a cut or a lost tail", {
		...{ ...LISTENER, appends: 1, dials: 1, from: null, returns: 1 },
		...{ faults: 1, kinds: ["cut", "restart-tail"] },
	}),
	of("a message, not to be heard once or twice, a cut", {
		...{ ...LISTENER, appends: 1, faults: 2, kinds: ["refuse", "cut"] },
	}),
	of("2 messages, 2 links, any one fault", {
		...{ ...LISTENER, faults: 1 },
		kinds: ["cut", "crash", "restart-all", "restart-tail", "restart-none", "busy", "refuse", "age"],
	}),
	of("a message over 2 links that stay for a while, a log that restarts", {
		...{ ...LISTENER, appends: 1, retires: "later", faults: 1 },
		kinds: ["restart-all", "restart-tail", "restart-none"],
	}),
	of("2 ephemeral messages over 2 links that stay for a while", {
		...{ ...LISTENER, appends: 0, ephemerals: 2, retires: "later" },
	}),
	of("a publish over 2 links that stay for a while, a cut", {
		...{ publishes: 1, dials: 2, retires: "later", faults: 1, kinds: ["cut"] },
	}),
	of("2 ephemeral messages, a cut", {
		...{ ...LISTENER, appends: 0, ephemerals: 2, faults: 1, kinds: ["cut"] },
	}),
	of("a message and an ephemeral one, a cut", {
		...{ ...LISTENER, appends: 1, ephemerals: 1, faults: 1, kinds: ["cut"] },
	}),
	of("a message and an ephemeral one, no recovery, a cut", {
		...{ ...LISTENER, appends: 1, ephemerals: 1, recover: false, faults: 1, kinds: ["cut"] },
	}),
];

/** Who publishes hears himself. */
const BOTH: readonly Scenario[] = [
	of("a publish and a message, a cut", {
		...{ publishes: 1, appends: 1, dials: 2, faults: 1, kinds: ["cut"] },
	}),
	of("a publish that is heard, 2 cuts and lost tails", {
		...{ publishes: 1, dials: 2, faults: 2, kinds: ["restart-tail", "cut"] },
	}),
	of("2 publishes that are heard, any one fault", {
		...{ publishes: 2, faults: 1 },
		kinds: ["cut", "crash", "restart-all", "restart-tail", "restart-none", "busy", "deny", "age"],
	}),
];

export const SCENARIOS: readonly Scenario[] = [...PUBLISHES, ...POSTS, ...MESSAGES, ...BOTH];

/** By its name, so that a scenario which is renamed is missed. */
export function scenarioOf(name: string): Scenario {
	const found = SCENARIOS.find((scenario) => scenario.name === name);
	if (found === undefined) throw new Error(`no scenario is called ${name}`);
	return found;
}
