/* Who waits for the end of which publish: the app, or another tab that keeps the record itself. */
import type { OutboxEffect } from "../channels/contract.js";
import type { PublishReceipt } from "../channels/message.js";
import { RealtimeError } from "../errors/realtime-error.js";
import type { Report } from "../reactive/readable.js";

export type PublishEnd = Extract<OutboxEffect, { type: "settle" | "fail" }>;

/** One of another tab's, which keeps its record. */
export interface Carried {
	readonly id: string;
	readonly channel: string;
	readonly data: unknown;
	readonly sentForMs: number | null;
}

interface Promised {
	resolve(receipt: PublishReceipt): void;
	reject(cause: RealtimeError): void;
}

export class Promises {
	readonly #report: Report;
	/** Each made with its first: most clients only listen. */
	#promised: Map<string, Promised> | null = null;
	#carried: Map<string, (end: PublishEnd) => void> | null = null;

	constructor(report: Report) {
		this.#report = report;
	}

	has(id: string): boolean {
		return this.#promised?.has(id) ?? false;
	}

	add(id: string, promised: Promised): void {
		this.#promised ??= new Map();
		this.#promised.set(id, promised);
	}

	/** Of another tab's: its record is not ours to write or to delete. */
	carry(id: string, ended: (end: PublishEnd) => void): void {
		this.#carried ??= new Map();
		this.#carried.set(id, ended);
	}

	/** Those whose records are ours. */
	own<T extends { readonly id: string }>(publishes: readonly T[]): readonly T[] {
		const carried = this.#carried;
		return carried === null ? publishes : publishes.filter(({ id }) => !carried.has(id));
	}

	/** What was another tab's is ours now. */
	inherit(id: string): void {
		this.#carried?.delete(id);
	}

	get carried(): readonly string[] {
		return [...(this.#carried?.keys() ?? [])];
	}

	dropCarried(): void {
		this.#carried = null;
	}

	/** Nobody waits for what a dead program has published: what is no success goes to `error` then. */
	end(outcome: PublishEnd): void {
		const carried = this.#carried?.get(outcome.id);
		const promised = this.#promised?.get(outcome.id);
		this.#carried?.delete(outcome.id);
		this.#promised?.delete(outcome.id);
		carried?.(outcome);
		if (outcome.type === "settle") {
			const { receipt } = outcome;
			if (promised !== undefined) promised.resolve(receipt);
			else if (carried === undefined && receipt.status !== "stored")
				this.#report(lost(receipt.status));
		} else if (promised !== undefined) promised.reject(outcome.cause);
		else if (carried === undefined && outcome.cause.code !== "closed") this.#report(outcome.cause);
	}

	close(): void {
		const closed = new RealtimeError("closed", "The client was closed.");
		for (const { reject } of this.#promised?.values() ?? []) reject(closed);
		this.#promised = null;
		this.#carried = null;
	}
}

const lost = (status: PublishReceipt["status"]): RealtimeError =>
	new RealtimeError("connection-lost", `A publish of an earlier program ended as "${status}".`);
