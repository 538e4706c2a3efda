/* A place of the edge and who comes there, before and after something happens to it. */
import type { Assembly } from "../assembly.js";
import { addressesOf } from "../migration/arms.js";
import type { ArmName } from "../migration/contract.js";
import type { Seen } from "./figures.js";
import type { Strangers } from "./strangers.js";

/** A PoP, or one of its two zones: each has a balancer and a proxy of its own, which tells gateways its arm. */
export interface Place {
	readonly pop: string;
	readonly arm: ArmName | null;
}

const LOOK_MS = 20;

export class NewcomerWatch {
	readonly #edge: Assembly;
	readonly #place: Place;
	readonly #strangers: Strangers;
	readonly #accepted: { at: number; count: number }[] = [];
	readonly #timer: NodeJS.Timeout;

	constructor(edge: Assembly, place: Place, strangers: Strangers) {
		this.#edge = edge;
		this.#place = place;
		this.#strangers = strangers;
		this.#timer = setInterval(() => {
			this.#accepted.push({ at: performance.now(), count: this.accepted });
		}, LOOK_MS);
	}

	/** By the servers' count, since the start. */
	get accepted(): number {
		const { pop, arm } = this.#place;
		const here = this.#edge.pop(pop);
		return arm === null ? here.accepted("old") + here.accepted("new") : here.accepted(arm);
	}

	leadsHere(address: string): boolean {
		const { config } = this.#edge.pop(this.#place.pop);
		const { arm } = this.#place;
		return (arm === null ? config.addresses : addressesOf(config, arm)).includes(address);
	}

	seenSince(faultAt: number): Seen {
		const answers = this.#strangers.answers.map(({ at, address }) => {
			return { at, leads: this.leadsHere(address) };
		});
		return { faultAt, answers, accepted: this.#accepted };
	}

	stop(): void {
		clearInterval(this.#timer);
	}
}
