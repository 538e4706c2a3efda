import type { FleetCounts } from "./contract.js";

const NEVER = Number.POSITIVE_INFINITY;

/** What a client is about to hear. Numbers, since a million of them lie in one typed array. */
export const NOTHING = 0;
export const WELCOME = 1;
export const REJECTED = 2;
export const REFUSED = 3;
/** It dials, and will hear nothing. */
export const SILENCE = 4;
/** Its link is dead, and its heartbeat will find out. */
export const DEATH = 5;
/** Its app says: connect. */
export const START = 6;
export type Answer =
	| typeof NOTHING
	| typeof WELCOME
	| typeof REJECTED
	| typeof REFUSED
	| typeof SILENCE
	| typeof DEATH
	| typeof START;

/** A dial of its own that is to be answered, or not. */
const isPending = (answer: Answer): boolean => answer >= WELCOME && answer <= SILENCE;

/** Of each client what the world knows: its link, the answer that is to come, when it was back; and the counts. */
export class Roll {
	/** When it was adopted last; NaN: the scenario has not touched it, Infinity: it is away. */
	readonly #backAt: Float64Array;
	readonly #answerAt: Float64Array;
	readonly #answers: Uint8Array;
	/** The dial that the answer is about. */
	readonly #dials: Int32Array;
	/** The dial whose link counts; it works, or not. */
	readonly #links: Int32Array;
	readonly #isUp: Uint8Array;
	/** Away, or asked to leave: not where it is to end. */
	readonly #isMoving: Uint8Array;
	#moving = 0;
	#up: number;
	readonly #dialled = { attempts: 0, welcomed: 0, rejected: 0, refused: 0, abandoned: 0 };

	/** The first `connected` of them are so, by dial 1. */
	constructor(clients: number, connected: number) {
		this.#backAt = new Float64Array(clients).fill(Number.NaN);
		this.#answerAt = new Float64Array(clients).fill(NEVER);
		this.#answers = new Uint8Array(clients);
		this.#dials = new Int32Array(clients);
		this.#links = new Int32Array(clients).fill(1, 0, connected);
		this.#isUp = new Uint8Array(clients).fill(1, 0, connected);
		this.#isMoving = new Uint8Array(clients);
		this.#up = connected;
	}

	get connected(): number {
		return this.#up;
	}

	get moving(): number {
		return this.#moving;
	}

	answerAt(client: number): number {
		return this.#answerAt[client] as number;
	}

	answerOf(client: number): Answer {
		return this.#answers[client] as Answer;
	}

	dialOf(client: number): number {
		return this.#dials[client] as number;
	}

	linkOf(client: number): number {
		return this.#links[client] as number;
	}

	isUp(client: number): boolean {
		return this.#isUp[client] === 1;
	}

	dialled(client: number, dialId: number): void {
		this.givenUp(client, this.dialOf(client));
		this.#dials[client] = dialId;
		this.#dialled.attempts++;
	}

	expect(client: number, answer: Answer, at: number): void {
		this.#answers[client] = answer;
		this.#answerAt[client] = at;
	}

	/** The answer that is due, which is over with that. */
	take(client: number): Answer {
		const answer = this.#answers[client] as Answer;
		this.expect(client, NOTHING, NEVER);
		if (answer === WELCOME) this.#dialled.welcomed++;
		if (answer === REJECTED) this.#dialled.rejected++;
		if (answer === REFUSED) this.#dialled.refused++;
		return answer;
	}

	/** Nobody listens to that dial any more. */
	givenUp(client: number, dialId: number): void {
		const answer = this.#answers[client] as Answer;
		if (!isPending(answer) || this.dialOf(client) !== dialId) return;
		this.#dialled.abandoned++;
		this.expect(client, NOTHING, NEVER);
	}

	adopted(client: number, dialId: number, now: number): void {
		this.#links[client] = dialId;
		this.#backAt[client] = now;
		this.#moving -= this.#isMoving[client] as number;
		this.#isMoving[client] = 0;
		this.#up += 1 - (this.#isUp[client] as number);
		this.#isUp[client] = 1;
	}

	/** Its link works no more, or never has. */
	cut(client: number): void {
		this.askedToLeave(client);
		this.#up -= this.#isUp[client] as number;
		this.#isUp[client] = 0;
	}

	askedToLeave(client: number): void {
		this.#backAt[client] = NEVER;
		this.#moving += 1 - (this.#isMoving[client] as number);
		this.#isMoving[client] = 1;
	}

	/** When those whom it touched were back, the first one first; Infinity: they are away. */
	backSince(beginAt: number): Float64Array {
		return this.#backAt
			.filter((at) => !Number.isNaN(at))
			.map((at) => at - beginAt)
			.sort();
	}

	counts(): FleetCounts {
		return {
			connected: this.#isUp.reduce((sum, up) => sum + up, 0),
			away: this.#isUp.reduce((sum, up) => sum + 1 - up, 0),
			touched: this.#backAt.reduce((sum, at) => sum + (Number.isNaN(at) ? 0 : 1), 0),
			...this.#dialled,
			pending: this.#answers.reduce(
				(sum, answer) => sum + (isPending(answer as Answer) ? 1 : 0),
				0,
			),
		};
	}
}
