/* One client against servers that a test describes, in virtual time. */
import type { ConnectionEffect, ConnectionInput } from "../../src/connection/contract.js";
import {
	type ConnectionMachine,
	type ConnectionPolicy,
	dueAt,
	initial,
	transition,
} from "../../src/connection/machine.js";
import type { Endpoint } from "../../src/endpoint/endpoint.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { LOST } from "./samples.js";

export type Fate =
	| { readonly fate: "hang" }
	| { readonly fate: "refuse"; readonly afterMs?: number; readonly loss?: Partial<LossOf> }
	| {
			readonly fate: "accept";
			readonly afterMs?: number;
			readonly windowMs?: number;
			readonly maxAgeMs?: number;
			/** Then the link is lost; never unless said. */
			readonly upMs?: number;
			readonly loss?: Partial<LossOf>;
	  };
type LossOf = Extract<ConnectionInput, { type: "lost" }>;

export interface Dialled {
	readonly at: number;
	readonly dialId: number;
	readonly url: string;
}

/** Plays the shipped machine: what is due is ticked on time, and each dial meets its fate. */
export class Client {
	state: ConnectionMachine;
	now = 0;
	readonly dials: Dialled[] = [];
	readonly adopted: Dialled[] = [];
	readonly lost: { readonly at: number; readonly dialId: number }[] = [];
	/** Instants at which each step of the machine was taken, with its orders. */
	readonly reports: { readonly at: number; readonly reason: string }[] = [];
	readonly #policy: ConnectionPolicy;
	readonly #random: () => number;
	readonly #fate: (dial: Dialled, state: ConnectionMachine) => Fate;
	#facts: { readonly at: number; readonly input: ConnectionInput }[] = [];
	readonly #held = new Set<number>();

	constructor(
		policy: ConnectionPolicy,
		endpoints: readonly Endpoint[],
		seed: number,
		fate: (dial: Dialled, state: ConnectionMachine) => Fate,
	) {
		this.state = initial(endpoints);
		this.#policy = policy;
		this.#random = seededRandom(seed);
		this.#fate = fate;
	}

	get isConnected(): boolean {
		return this.state.status === "connected";
	}

	/** A fact of the world, `afterMs` from now. */
	tell(input: ConnectionInput, afterMs = 0): this {
		const at = this.now + afterMs;
		const before = this.#facts.findIndex((fact) => fact.at > at);
		this.#facts.splice(before < 0 ? this.#facts.length : before, 0, { at, input });
		return this;
	}

	/** All links that are held break, without a word. */
	cut(loss: Partial<LossOf> = {}): this {
		for (const dialId of this.#held) this.tell(lostFact(dialId, loss));
		return this;
	}

	/** Runs to the instant, but not what is due at it; or until `isDone` says so. */
	run(until: number, isDone: (client: this) => boolean = () => false): this {
		while (!isDone(this)) {
			const fact = this.#facts[0];
			const at = Math.max(this.now, Math.min(fact?.at ?? until, dueAt(this.state)));
			if (at > until || (fact === undefined && at === until)) break;
			this.now = at;
			if (fact !== undefined && fact.at <= at) {
				this.#facts.shift();
				this.#step(fact.input);
			} else this.#step({ type: "ticked" });
		}
		this.now = Math.max(this.now, isDone(this) ? this.now : until);
		return this;
	}

	#step(input: ConnectionInput): void {
		const moment = { now: this.now, random: this.#random };
		const [state, orders] = transition(this.state, input, this.#policy, moment);
		this.state = state;
		if (input.type === "lost" && this.#held.has(input.dialId))
			this.lost.push({ at: this.now, dialId: input.dialId });
		for (const order of orders) this.#obey(order);
	}

	#obey(order: ConnectionEffect): void {
		const { now } = this;
		if (order.type === "dial") {
			const { dialId, endpoint } = order;
			const dial = { at: now, dialId, url: endpoint.url };
			this.dials.push(dial);
			this.#held.add(dialId);
			this.#meet(dialId, this.#fate(dial, this.state));
		} else if (order.type === "hang-up") this.#held.delete(order.dialId);
		else if (order.type === "adopt") {
			const { dialId } = order;
			const { url } = this.dials.find((dial) => dial.dialId === dialId) as Dialled;
			this.adopted.push({ at: now, dialId, url });
			this.tell({ type: "settled", dialId }, 50);
		} else if (order.type === "report") this.reports.push({ at: now, reason: order.reason });
	}

	#meet(dialId: number, fate: Fate): void {
		if (fate.fate === "hang") return;
		const { afterMs = 0, loss = {} } = fate;
		if (fate.fate === "refuse") {
			this.tell(lostFact(dialId, loss), afterMs);
			return;
		}
		const { windowMs = 0, maxAgeMs = 0, upMs } = fate;
		this.tell({ type: "opened", dialId }, afterMs);
		this.tell({ type: "welcomed", dialId, windowMs, maxAgeMs }, afterMs);
		if (upMs !== undefined) this.tell(lostFact(dialId, loss), afterMs + upMs);
	}
}

function lostFact(dialId: number, loss: Partial<LossOf>): LossOf {
	return { type: "lost", cause: LOST, blame: "endpoint", ...loss, dialId };
}
