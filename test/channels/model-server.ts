/* A server half in miniature, with a log that breaks: what a channel machine is played against. */
import type { LinkId } from "../../src/channels/contract.js";
import type { GapFrame, MessageFrame, SubscribedFrame } from "../../src/protocol/frames.js";
import type { Position, StartAt } from "../../src/protocol/position.js";

export type Frame = SubscribedFrame | GapFrame | MessageFrame;

interface Entry {
	readonly id: string;
	readonly offset: number;
}

/** One channel's log. A broken one starts a new epoch, as rule 1 asks. */
export class ModelLog {
	/** Offsets are consecutive; the first is `trimmed + 1`. */
	entries: Entry[] = [];
	trimmed = 0;
	/** All that was ever appended and not lost, trimmed or not, with its offset. */
	readonly kept = new Map<string, number>();
	/** Where each epoch began, by its number. */
	readonly begins = [0];
	#ids = 0;

	get epoch(): string {
		return `e${String(this.begins.length).padStart(4, "0")}`;
	}

	get head(): Position {
		return { epoch: this.epoch, offset: this.trimmed + this.entries.length };
	}

	append(id = `m${++this.#ids}`): MessageFrame {
		const offset = this.head.offset + 1;
		this.entries.push({ id, offset });
		this.kept.set(id, offset);
		return this.#frame({ id, offset });
	}

	/** A failover loses the last ones; their publishers send them again, if they hear of it. */
	loseTail(count: number): readonly string[] {
		const lost = this.entries.splice(Math.max(0, this.entries.length - count));
		this.begins.push(this.head.offset);
		for (const { id } of lost) this.kept.delete(id);
		return lost.map(({ id }) => id);
	}

	trim(count: number): void {
		this.trimmed += this.entries.splice(0, count).length;
	}

	subscribe(id: number, from: StartAt): readonly Frame[] {
		const start = this.#startOf(from);
		const { after, isComplete } = this.#replayFrom(start);
		const answer: SubscribedFrame = {
			type: "subscribed",
			id,
			channel: "c",
			start,
			position: this.head,
			recovered: isComplete,
		};
		const gap: GapFrame = {
			type: "gap",
			channel: "c",
			missed: "unknown",
			position: { epoch: this.epoch, offset: after },
		};
		const replay = this.entries.filter(({ offset }) => offset > after);
		return [answer, ...(isComplete ? [] : [gap]), ...replay.map((entry) => this.#frame(entry))];
	}

	#startOf(from: StartAt): Position {
		if (from === null) return this.head;
		if (from === "earliest") return { epoch: this.epoch, offset: this.trimmed };
		if ("epoch" in from) return from;
		return { epoch: this.epoch, offset: Math.max(this.trimmed, this.head.offset - from.last) };
	}

	/** Rule 4: after another epoch, from the lowest of its offset and where each epoch since began. */
	#replayFrom({ epoch, offset }: Position): { after: number; isComplete: boolean } {
		const since = this.begins.filter(
			(_, number) => `e${String(number + 1).padStart(4, "0")}` > epoch,
		);
		const from = Math.min(offset, ...since, this.head.offset);
		const after = Math.max(from, this.trimmed);
		return { after, isComplete: epoch === this.epoch && after === offset };
	}

	#frame({ id, offset }: Entry): MessageFrame {
		const position = { epoch: this.epoch, offset };
		return { type: "message", channel: "c", position, at: 0, from: "ann", id, data: null };
	}
}

/** What is on its way, in order, on one link. */
export interface ModelLink {
	readonly link: LinkId;
	readonly asks: { readonly id: number; readonly from: StartAt }[];
	readonly frames: Frame[];
	isFollowing: boolean;
}
