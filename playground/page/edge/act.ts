/* Does what was asked for, and says what came of it. */
import type { Action } from "../../edge/control/contract.js";
import { Store } from "../app/store.js";
import { live, noteAction } from "../people/people.js";
import type { Part, Verb } from "./part.js";

export interface Note {
	readonly tone: "plain" | "fault";
	readonly words: string;
}

/** What was done last, or why it was not. */
export const lastNote = new Store<Note | null>(null);

export async function perform(actions: readonly Action[], words: string): Promise<void> {
	noteAction(words);
	try {
		for (const action of actions) await live.control.act(action);
		lastNote.set({ tone: "plain", words });
	} catch (reason) {
		lastNote.set({ tone: "fault", words: `${words}: ${(reason as Error).message}` });
	}
}

export const performVerb = (part: Part | null, verb: Verb): Promise<void> =>
	perform(verb.act, part === null ? verb.label : `${part.label}: ${verb.label.toLowerCase()}`);
