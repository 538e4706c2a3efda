/* What of the page is in its address, so that a link shows the same. Pure. */

export const PERSONS = ["ada", "lin"] as const;
export type PersonId = (typeof PERSONS)[number];
export const VIEWS = ["timeline", "inspector"] as const;
export type View = (typeof VIEWS)[number];
export const POLLINGS = ["auto", "long-poll", "manual"] as const;
export type PollingChoice = (typeof POLLINGS)[number];

export interface UrlState {
	/** Of a prepared one: it is offered, not started. */
	readonly story: string;
	/** null: as the system has it, or as it was chosen before. */
	readonly theme: "light" | "dark" | null;
	readonly polling: PollingChoice;
	/** Whose timeline. */
	readonly who: PersonId;
	readonly view: View;
	/** Whether Ada and Lin talk by themselves. */
	readonly talk: "on" | "off";
}

export const FRESH: UrlState = {
	story: "region-fails",
	theme: null,
	polling: "auto",
	who: "ada",
	view: "timeline",
	talk: "on",
};

/** What is no value of a name counts as not there. */
export function readUrl(search: string, stories: readonly string[]): UrlState {
	const given = new URLSearchParams(search);
	const oneOf = <T>(name: string, values: readonly T[], fallback: T): T =>
		values.find((value) => value === given.get(name)) ?? fallback;
	return {
		story: oneOf("story", stories, FRESH.story),
		theme: oneOf<UrlState["theme"]>("theme", ["light", "dark"], FRESH.theme),
		polling: oneOf("polling", POLLINGS, FRESH.polling),
		who: oneOf("who", PERSONS, FRESH.who),
		view: oneOf("view", VIEWS, FRESH.view),
		talk: oneOf<UrlState["talk"]>("talk", ["on", "off"], FRESH.talk),
	};
}

/** Only what is not as usual; names that are none of ours stay. */
export function writeUrl(state: UrlState, search: string): string {
	const written = new URLSearchParams(search);
	for (const [name, value] of Object.entries(state)) {
		if (value === null || value === FRESH[name as keyof UrlState]) written.delete(name);
		else written.set(name, value);
	}
	const text = written.toString();
	return text === "" ? "" : `?${text}`;
}
