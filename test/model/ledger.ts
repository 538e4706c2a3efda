/* What was promised to the app, against what happened. */
import type { Message, PublishReceipt } from "../../src/channels/message.js";
import type { FollowedMessage } from "../../src/server/contract.js";
import type { Position } from "../../src/protocol/position.js";

interface Entry {
	readonly id: string;
	readonly from: string | null;
	readonly offset: number;
	/** The epoch that it was stored in. */
	readonly epoch: string;
}

export class Ledger {
	readonly problems: string[] = [];
	/** The log, as it is. */
	entries: Entry[] = [];
	/** All that was ever in it, even if it was lost. */
	readonly everStored = new Set<string>();
	/** By id, in the order of delivery. */
	delivered: string[] = [];
	/** What the app has finished with; a client that restarts goes on behind it. */
	finished = 0;
	readonly told = new Map<string, string>();
	readonly excused = new Set<string>();
	/** Retained no more: a gap may pass over these, and over nothing else. */
	readonly trimmed = new Set<string>();
	/** Of these a rejection may have been lost; asked again, the application may have permitted them. */
	readonly turnedDown = new Set<string>();
	gaps = 0;
	/** Breaks and trims of the log: each may be told once. */
	breaks = 0;
	hasBegun = false;
	#last: Position | null = null;

	/** Everything that later checks rest on. */
	get state(): unknown {
		const { entries, delivered, told, gaps, breaks, finished, hasBegun } = this;
		const all = [this.everStored, this.excused, this.trimmed, this.turnedDown];
		const sets = all.map((set) => [...set].sort());
		return [entries, delivered, told, gaps, breaks, finished, hasBegun, this.#last, sets];
	}

	/** Heard from the log itself. */
	appended({ id, from, position }: FollowedMessage): void {
		if (position === null) return;
		if (this.entries.some((entry) => entry.id === id)) this.#fail(`${id} stored twice`);
		this.entries.push({ id, from, ...position });
		this.everStored.add(id);
		const late = this.#late().filter((other) => !this.turnedDown.has(other));
		if (late.length > 0) this.#fail(`stored out of order: ${late.join(" ")}`);
	}

	/** Stored behind one that was published later. */
	#late(): readonly string[] {
		const own = this.entries.filter((entry) => entry.from === "ann").map((entry) => entry.id);
		return own.filter((id, index) => own.slice(0, index).some((before) => before > id));
	}

	/** What was turned down and stored late was sent again, or should never have been stored. */
	strays(): readonly string[] {
		return this.#late()
			.filter((id) => this.told.get(id) !== "stored")
			.map((id) => `${id} told ${this.told.get(id)}, and stored out of order`);
	}

	broke(lost: number): void {
		const kept = Math.max(0, this.entries.length - lost);
		for (const { id } of this.entries.slice(kept)) this.excused.delete(id);
		this.entries = this.entries.slice(0, kept);
		this.breaks += 1;
	}

	delivers({ id, position }: Message<unknown>): void {
		if (this.delivered.includes(id)) this.#fail(`${id} delivered twice`);
		this.delivered.push(id);
		if (position === null) return this.#checkTurn(id);
		const before = this.#last;
		const isLater =
			before === null ||
			position.epoch > before.epoch ||
			(position.epoch === before.epoch && position.offset > before.offset);
		if (!isLater) this.#fail(`${id} delivered out of order`);
		this.#last = position;
	}

	/** Of ephemeral messages any may be missing, and none comes after a later one. */
	#checkTurn(id: string): void {
		const isLate = this.delivered.some((other) => other.startsWith("e") && other > id);
		if (isLate) this.#fail(`${id} delivered out of order`);
	}

	/** All that is in the log is older than what it retains. */
	aged(): void {
		this.breaks += 1;
		for (const { id } of this.entries) this.trimmed.add(id);
	}

	/** The channel begins there: nothing before it is owed. */
	beginsAt(to: Position): void {
		for (const { id, offset, epoch } of this.entries)
			if (offset <= to.offset && epoch <= to.epoch) this.excused.add(id);
	}

	/** Only what is not retained: all else up to there is still owed, after a gap too. */
	passesOver(to: Position | null): void {
		if (to === null) return;
		for (const { id, offset } of this.entries)
			if (offset <= to.offset && this.trimmed.has(id)) this.excused.add(id);
	}

	gap(to: Position | null): void {
		this.gaps += 1;
		if (this.gaps > this.breaks) this.#fail("a gap where nothing broke");
		this.passesOver(to);
	}

	/** Positions of two epochs: what lies between them cannot be counted, so it has to be told. */
	leftUntold(epoch: string): void {
		this.#fail(`left epoch ${epoch} untold`);
	}

	settled(id: string, status: PublishReceipt["status"] | "failed"): void {
		if (this.told.has(id)) this.#fail(`${id} told twice: ${this.told.get(id)}, ${status}`);
		this.told.set(id, status);
		const isFalse =
			status === "stored"
				? !this.everStored.has(id)
				: status !== "unknown" && this.everStored.has(id);
		if (isFalse) this.#fail(`${id} told ${status}`);
	}

	/** The process that showed it is gone; the next one goes on behind what was finished. */
	restarted(): void {
		this.delivered = this.delivered.slice(0, this.finished);
		this.#last = null;
	}

	/** To the app it is another channel, from its beginning on. */
	returned(): void {
		this.delivered = [];
		this.excused.clear();
		this.hasBegun = false;
		this.#last = null;
	}

	/** What nobody told and nobody got. */
	missing(): readonly string[] {
		const got = new Set([...this.delivered, ...this.excused]);
		return this.entries.filter(({ id }) => !got.has(id)).map(({ id }) => `${id} lost`);
	}

	/** Told that nobody knows, and the log does: where nothing was forgotten, it would have said so. */
	needless(): readonly string[] {
		return [...this.told]
			.filter(([id, status]) => status === "unknown" && this.everStored.has(id))
			.map(([id]) => `${id} told unknown, and stored`);
	}

	/** Told failed or expired, and stored after that. */
	untrue(): readonly string[] {
		return [...this.told]
			.filter(
				([id, status]) => status !== "unknown" && status !== "stored" && this.everStored.has(id),
			)
			.map(([id, status]) => `${id} told ${status}, and stored`);
	}

	#fail(problem: string): void {
		this.problems.push(problem);
	}
}
