/*
 * What was sent, what the sender was told of it, and what arrived: the difference is what a user loses.
 * Messages are numbered in the order of their sends, in lanes of their own: one a channel and direction.
 */
import { until } from "./until.js";

export type Answer = "stored" | "unknown" | "expired" | "sent" | "rejected";

export interface Tally {
	readonly sent: number;
	/** Sent, and never delivered, whatever the sender was told. */
	readonly lost: number;
	readonly duplicate: number;
	/** Delivered after a later one. */
	readonly reordered: number;
	/** Told "stored", and never delivered. */
	readonly falselyAcknowledged: number;
	/** Told "expired" or rejected, and delivered all the same. */
	readonly falselyDenied: number;
	/** The sender was told nothing. */
	readonly unanswered: number;
	/** Delivered, and never sent. */
	readonly invented: number;
}

/** All is well with as many. */
export function flawless(sent: number): Tally {
	return {
		sent,
		lost: 0,
		duplicate: 0,
		reordered: 0,
		falselyAcknowledged: 0,
		falselyDenied: 0,
		unanswered: 0,
		invented: 0,
	};
}

interface Lane {
	readonly sent: Set<number>;
	readonly answers: Map<number, Answer>;
	readonly delivered: number[];
}

export class Ledger {
	readonly #lanes = new Map<string, Lane>();

	sent(lane: string, n: number): void {
		this.#lane(lane).sent.add(n);
	}

	answered(lane: string, n: number, answer: Answer): void {
		this.#lane(lane).answers.set(n, answer);
	}

	delivered(lane: string, n: number): void {
		this.#lane(lane).delivered.push(n);
	}

	/** How many have arrived, repetitions included. */
	arrived(lane: string): number {
		return this.#lane(lane).delivered.length;
	}

	/** Every message has arrived and has been answered for. */
	isComplete(lane: string): boolean {
		const { lost, unanswered } = this.tally(lane);
		return lost === 0 && unanswered === 0;
	}

	/** Waits for the lanes to be complete. In vain, too: the tally says better what is missing. */
	async settled(lanes: readonly string[], patienceMs = 20_000): Promise<void> {
		const isDone = (): boolean => lanes.every((lane) => this.isComplete(lane));
		await until(isDone, "the ledger", patienceMs).catch(() => undefined);
	}

	tally(name: string): Tally {
		const { sent, answers, delivered } = this.#lane(name);
		const seen = new Set(delivered);
		const missing = [...sent].filter((n) => !seen.has(n));
		const told = (n: number, ...which: readonly Answer[]): boolean =>
			which.includes(answers.get(n) ?? "unknown");
		return {
			sent: sent.size,
			lost: missing.length,
			duplicate: delivered.length - seen.size,
			reordered: countReordered(seen),
			falselyAcknowledged: missing.filter((n) => told(n, "stored")).length,
			falselyDenied: [...seen].filter((n) => told(n, "expired", "rejected")).length,
			unanswered: [...sent].filter((n) => !answers.has(n)).length,
			invented: [...seen].filter((n) => !sent.has(n)).length,
		};
	}

	#lane(name: string): Lane {
		const known = this.#lanes.get(name);
		if (known !== undefined) return known;
		const lane: Lane = { sent: new Set(), answers: new Map(), delivered: [] };
		this.#lanes.set(name, lane);
		return lane;
	}
}

/** Of first deliveries, in order: a repetition is counted as that, and as nothing else. */
function countReordered(first: Iterable<number>): number {
	let latest = Number.NEGATIVE_INFINITY;
	let count = 0;
	for (const n of first) {
		if (n < latest) count += 1;
		else latest = n;
	}
	return count;
}
