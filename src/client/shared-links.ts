/* The links of leading tabs, each under a number of our own, so that channels and outbox take them for links. */
import type { LinkId } from "../channels/contract.js";
import type { TabId } from "../share/contract.js";

/** Above all dial ids, which share the numbers. */
const FIRST = 2 ** 40;

export interface SharedLink {
	readonly local: LinkId;
	readonly leader: TabId;
	readonly seat: number;
	/** The leader's number. */
	readonly link: number;
	/** A link that channels listen to, or the route of publishes. */
	readonly what: "channel" | "route";
}

export const isShared = (link: LinkId): boolean => link > FIRST;

export class SharedLinks {
	leader: TabId | null = null;
	/** Null: the leader has not answered our hello yet. */
	seat: number | null = null;
	all: readonly SharedLink[] = [];
	#last = FIRST;

	/** Those that channels listen to with the leader of now. */
	get present(): readonly SharedLink[] {
		return this.all.filter((each) => this.isPresent(each) && each.what === "channel");
	}

	isPresent({ leader, seat }: SharedLink): boolean {
		return leader === this.leader && seat === this.seat;
	}

	add(link: number, what: SharedLink["what"]): SharedLink {
		this.#last += 1;
		const place = { leader: this.leader as TabId, seat: this.seat as number };
		const shared = { local: this.#last, ...place, link, what };
		this.all = [...this.all, shared];
		return shared;
	}

	remove(shared: SharedLink): void {
		this.all = this.all.filter((each) => each !== shared);
	}

	/** The newest, of a leader that may have forgotten us and begun anew. */
	find(leader: TabId | null, link: number | null): SharedLink | undefined {
		const isIt = (each: SharedLink): boolean =>
			each.leader === leader && each.link === link && each.what === "channel";
		return this.all.filter(isIt).at(-1);
	}

	ofLocal(local: LinkId): SharedLink | undefined {
		return this.all.find((each) => each.local === local);
	}
}
