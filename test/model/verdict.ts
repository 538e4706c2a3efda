/* What must hold when all has healed. */
import { position, subscriptionState } from "../../src/channels/channel.js";
import { entries } from "../../src/channels/outbox.js";
import type { View } from "./choices.js";
import type { Fault } from "./scenario.js";

/** After these, whoever is connected gets what is stored, without being told to ask. */
const PROMPT: ReadonlySet<Fault> = new Set(["cut", "crash", "die", "deny", "expire"]);
/** After these, a log may not know what it had. */
const FORGETS: ReadonlySet<Fault> = new Set(["age", "restart-all", "restart-tail", "restart-none"]);

/** Who was told that he may not listen waits for nothing. */
function isOwed({ scenario, client }: View): boolean {
	return scenario.from !== "nowhere" && subscriptionState(client.channel).status !== "denied";
}

/** What should have come before the first report of the heads, and has not. */
export function late(view: View): readonly string[] {
	const isPrompt = view.scenario.kinds.every((kind) => PROMPT.has(kind));
	return isPrompt && isOwed(view) ? view.ledger.missing() : [];
}

export function verdict(view: View, lateOnes: readonly string[]): readonly string[] {
	const { ledger } = view;
	const problems = [...ledger.problems, ...ledger.untrue(), ...ledger.strays()];
	for (const one of lateOnes) problems.push(`${one} until heads are reported`);
	if (isOwed(view)) problems.push(...ledger.missing(), ...behind(view));
	if (isKnown(view)) problems.push(...ledger.needless());
	return [...problems, ...untold(view)];
}

/** Nothing is forgotten, and no append is late. */
function isKnown({ scenario: { kinds, log } }: View): boolean {
	return log === "at-once" && kinds.every((kind) => !FORGETS.has(kind));
}

function behind({ client, ledger }: View): readonly string[] {
	const held = position(client.channel)?.offset ?? null;
	const end = ledger.entries.length;
	return held === end ? [] : [`stuck at ${held} of ${end}`];
}

function untold({ scenario, client, ledger }: View): readonly string[] {
	const problems: string[] = [];
	const waiting = entries(client.outbox).map(({ id }) => id);
	if (waiting.length > 0) problems.push(`stuck in the outbox: ${waiting.join(" ")}`);
	if (scenario.persist === "memory")
		for (let count = 1; count <= client.published; count += 1)
			if (!ledger.told.has(`m${count}`)) problems.push(`m${count} never told`);
	return problems;
}
