/* Who is in the page. */
import type { PersonId } from "../app/url-state.js";

export interface Profile {
	readonly id: PersonId;
	readonly name: string;
	readonly city: string;
	/** The PoP that she is nearest to. */
	readonly pop: string;
}

export const PROFILES: readonly Profile[] = [
	{ id: "ada", name: "Ada", city: "Dublin", pop: "DUB" },
	{ id: "lin", name: "Lin", city: "Frankfurt", pop: "FRA" },
];
