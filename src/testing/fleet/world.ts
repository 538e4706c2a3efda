/*
 *   scenario ── cut, goodbye, down ─▶ ┌───────┐ ── welcomed, lost, goodbye, tick ─▶ ┌─────────┐
 *                                     │ world │                                     │ clients │
 *            gates ◀── who arrives ── └───────┘ ◀── dial, hang-up, adopt ────────── └─────────┘
 *
 * A client has at most one dial under way, so one answer that is to come; that, and the instant at which it
 * wants to be ticked, make its one entry in the queue. Nothing takes time on the way: delay moves all by
 * the same.
 */
import type { Loss } from "../../connection/contract.js";
import { RealtimeError } from "../../errors/realtime-error.js";
import { classifyClose } from "../../policy/close-codes.js";
import { HEARTBEAT } from "../../policy/policies.js";
import { seededRandom } from "../seeded-random.js";
import type { Clients, Ground, Recruit } from "./clients.js";
import { DueQueue } from "./due-queue.js";
import { Gate } from "./gate.js";
import { Meter } from "./meter.js";
import { DEATH, NOTHING, REFUSED, REJECTED, Roll, SILENCE, START, WELCOME } from "./roll.js";
import { type FleetSettings, windowFor } from "./settings.js";

const NEVER = Number.POSITIVE_INFINITY;
/** The first fault. Before it there is room for links that are up for long: no clock shows less than zero. */
const BEGIN_AT = 86_400_000;
const STEPS_PER_UNIT = 100;
/** No browser tells overload from absence. */
const NOT_OPENED: Loss = classifyClose({ code: 1006, reason: "", opened: false });
const SILENT: Loss = { cause: new RealtimeError("heartbeat-timeout", "silent"), blame: "endpoint" };

export class World implements Ground {
	readonly beginAt: number = BEGIN_AT;
	readonly settings: FleetSettings;
	readonly random: () => number;
	readonly roll: Roll;
	readonly gates: readonly Gate[];
	readonly meter: Meter;
	/** Clients without a network: their dials reach nobody. */
	isCutOff: (client: number) => boolean = () => false;
	/** Told of each link that has become the one that counts. */
	onAdopted: (client: number) => void = () => undefined;
	readonly #clients: Clients;
	readonly #queue: DueQueue;
	readonly #plans: { readonly at: number; readonly strike: () => void }[] = [];
	/** The standing window, which every welcome names. */
	readonly #windowMs: number;
	#now = BEGIN_AT;

	constructor(settings: FleetSettings, recruit: Recruit) {
		const { clients, acceptsPerSecond, rejectCost, endpoints, seed, unitMs } = settings;
		const isConnected = settings.scenario !== "boot-storm";
		this.settings = settings;
		this.random = seededRandom(seed);
		this.roll = new Roll(clients, isConnected ? clients : 0);
		this.gates = endpoints.map(() => new Gate(acceptsPerSecond, rejectCost));
		this.meter = new Meter(BEGIN_AT, unitMs / STEPS_PER_UNIT);
		this.#queue = new DueQueue(clients);
		this.#windowMs = windowFor(clients, settings);
		this.#clients = recruit(this, { now: this.#now, windowMs: this.#windowMs, isConnected });
	}

	/** Since the first fault. */
	get elapsedMs(): number {
		return this.#now - BEGIN_AT;
	}

	/** A fault that is to come. Of two at one instant the one planned first strikes first. */
	plan(elapsedMs: number, strike: () => void): void {
		const at = BEGIN_AT + elapsedMs;
		const next = this.#plans.findIndex((plan) => plan.at > at);
		this.#plans.splice(next < 0 ? this.#plans.length : next, 0, { at, strike });
	}

	/** The next thing happens. False: everybody is where it is to be, or time is up. */
	step(): boolean {
		const plan = this.#plans[0];
		if (plan === undefined && this.roll.moving === 0) return false;
		const { first, firstAt } = this.#queue;
		const at = Math.min(firstAt, plan?.at ?? NEVER);
		const endAt = BEGIN_AT + this.settings.limitMs;
		this.#now = Math.min(at, endAt);
		this.meter.advance(this.#now, this.roll.connected);
		if (at > endAt) return false;
		if (plan === undefined || firstAt < plan.at) this.#wake(first);
		else {
			this.#plans.shift();
			plan.strike();
		}
		return true;
	}

	/** The step of the timeline that is under way ends too. */
	finish(): void {
		this.meter.end(this.roll.connected);
	}

	/** All of them, each at a moment of its own. */
	startWithin(spanMs: number): void {
		for (let client = 0; client < this.settings.clients; client++) {
			this.roll.cut(client);
			this.roll.expect(client, START, BEGIN_AT + this.random() * spanMs);
			this.#enqueue(client);
		}
	}

	/** What it has asked for is lost with the server that was about to answer. */
	breakDial(client: number): void {
		if (this.roll.answerOf(client) !== WELCOME) return;
		this.roll.expect(client, REFUSED, this.#now);
		this.#enqueue(client);
	}

	/** Its server ends the link. */
	cut(client: number, loss: Loss): void {
		const linkId = this.roll.linkOf(client);
		this.roll.cut(client);
		this.#clients.lost(client, linkId, loss, this.#now);
		this.#enqueue(client);
	}

	/** The link is dead, and nobody says so: its heartbeat finds out, depending on when it last heard something. */
	silence(client: number): void {
		const noticedMs = HEARTBEAT.timeoutMs + HEARTBEAT.idleMs * this.random();
		this.roll.cut(client);
		this.roll.expect(client, DEATH, this.#now + noticedMs);
		this.#enqueue(client);
	}

	askToLeave(client: number, windowMs: number, deadlineMs: number): void {
		const linkId = this.roll.linkOf(client);
		this.roll.askedToLeave(client);
		this.#clients.goodbye(client, linkId, { windowMs, deadlineMs }, this.#now);
		this.#enqueue(client);
	}

	dial(client: number, dialId: number, endpoint: number): void {
		this.roll.dialled(client, dialId);
		const gate = this.gates[endpoint] as Gate;
		if (this.isCutOff(client)) return this.roll.expect(client, SILENCE, NEVER);
		if (!gate.isUp) return this.roll.expect(client, REFUSED, this.#now);
		this.meter.arrived();
		const welcomeAt = gate.arrive(this.#now);
		if (welcomeAt === NEVER) this.roll.expect(client, REJECTED, this.#now);
		else this.roll.expect(client, WELCOME, welcomeAt);
	}

	hangUp(client: number, dialId: number): void {
		this.roll.givenUp(client, dialId);
	}

	adopt(client: number, dialId: number): void {
		this.roll.adopted(client, dialId, this.#now);
		this.onAdopted(client);
	}

	#wake(client: number): void {
		if (this.roll.answerAt(client) <= this.#now) this.#hear(client);
		else this.#clients.tick(client, this.#now);
		this.#enqueue(client);
	}

	#hear(client: number): void {
		const { roll } = this;
		const answer = roll.take(client);
		const dialId = roll.dialOf(client);
		switch (answer) {
			case WELCOME:
				return this.#clients.welcomed(client, dialId, this.#windowMs, this.#now);
			case REJECTED:
			case REFUSED:
				return this.#clients.lost(client, dialId, NOT_OPENED, this.#now);
			case DEATH:
				return this.#clients.lost(client, roll.linkOf(client), SILENT, this.#now);
			case START:
				return this.#clients.start(client, this.#now);
			case NOTHING:
			case SILENCE:
				return;
			default:
				answer satisfies never;
		}
	}

	#enqueue(client: number): void {
		const at = Math.min(this.roll.answerAt(client), this.#clients.dueAt(client));
		this.#queue.set(client, Math.max(at, this.#now));
	}
}

/** What the shipped client makes of the close that a server sends: with its window, or without a word. */
export function closed(announcedMs: number | null): Loss {
	const end =
		announcedMs === null
			? { code: 1006, reason: "" }
			: { code: 1012, reason: JSON.stringify({ w: announcedMs }) };
	return classifyClose({ ...end, opened: true });
}
