/* Clients that are the shipped connection machine: a state each, and no more of a client than that. */
import type { ConnectionEffect, ConnectionInput, Loss } from "../../connection/contract.js";
import { type ConnectionMachine, dueAt, initial, transition } from "../../connection/machine.js";
import type { Clients, Ground, Recruit } from "./clients.js";
import type { FleetSettings } from "./settings.js";

type Terms = Pick<FleetSettings, "clients" | "policy" | "endpoints">;

export function machineClients(terms: Terms): Recruit {
	return (ground, { now, windowMs, isConnected }) => {
		const rested = initial(terms.endpoints);
		const first = isConnected ? connectedFor(rested, terms, windowMs, now) : rested;
		return new MachineClients(terms, ground, first);
	};
}

/** Up for so long that the link counts as stable. A state is never changed, so one serves all at first. */
function connectedFor(
	rested: ConnectionMachine,
	{ policy }: Terms,
	windowMs: number,
	now: number,
): ConnectionMachine {
	const since = now - policy.stableAfterMs;
	const facts: readonly (readonly [ConnectionInput, number])[] = [
		[{ type: "connect-requested" }, since],
		[{ type: "opened", dialId: 1 }, since],
		[{ type: "welcomed", dialId: 1, windowMs, maxAgeMs: 0 }, since],
		[{ type: "ticked" }, now],
	];
	return facts.reduce(
		(state, [fact, at]) => transition(state, fact, policy, { now: at, random: () => 0 })[0],
		rested,
	);
}

class MachineClients implements Clients {
	readonly #states: ConnectionMachine[];
	readonly #terms: Terms;
	readonly #ground: Ground;
	readonly #places: ReadonlyMap<string, number>;
	/** One for all calls: a million clients make a hundred million of them. */
	readonly #moment: { now: number; readonly random: () => number };

	constructor(terms: Terms, ground: Ground, first: ConnectionMachine) {
		this.#terms = terms;
		this.#ground = ground;
		this.#states = new Array<ConnectionMachine>(terms.clients).fill(first);
		this.#places = new Map(terms.endpoints.map(({ url }, place) => [url, place]));
		this.#moment = { now: 0, random: ground.random };
	}

	dueAt(client: number): number {
		return dueAt(this.#stateOf(client));
	}

	tick(client: number, now: number): void {
		this.#send(client, { type: "ticked" }, now);
	}

	start(client: number, now: number): void {
		this.#send(client, { type: "connect-requested" }, now);
	}

	welcomed(client: number, dialId: number, windowMs: number, now: number): void {
		this.#send(client, { type: "opened", dialId }, now);
		this.#send(client, { type: "welcomed", dialId, windowMs, maxAgeMs: 0 }, now);
		// It has no channels, so each of them is answered: a link before this one may go.
		this.#send(client, { type: "settled", dialId }, now);
	}

	lost(client: number, dialId: number, loss: Loss, now: number): void {
		this.#send(client, { type: "lost", dialId, ...loss }, now);
	}

	goodbye(
		client: number,
		dialId: number,
		spans: { readonly windowMs: number; readonly deadlineMs: number },
		now: number,
	): void {
		const fact = { type: "goodbye-received", dialId, reason: "drain", endpoints: [] } as const;
		this.#send(client, { ...fact, ...spans }, now);
	}

	#stateOf(client: number): ConnectionMachine {
		return this.#states[client] as ConnectionMachine;
	}

	#send(client: number, fact: ConnectionInput, now: number): void {
		this.#moment.now = now;
		const { policy } = this.#terms;
		const [state, orders] = transition(this.#stateOf(client), fact, policy, this.#moment);
		this.#states[client] = state;
		for (const order of orders) this.#obey(client, order);
	}

	#obey(client: number, order: ConnectionEffect): void {
		switch (order.type) {
			case "dial":
				return this.#ground.dial(client, order.dialId, this.#places.get(order.endpoint.url) ?? 0);
			case "hang-up":
				return this.#ground.hangUp(client, order.dialId);
			case "adopt":
				return this.#ground.adopt(client, order.dialId);
			case "greet":
			case "report":
				return;
			default:
				order satisfies never;
		}
	}
}
