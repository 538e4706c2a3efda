/* Who listens on a device: one reader a channel and program, each behind the one before it. */
import type { Client, Subscription } from "../../src/client/client.js";
import type { Position } from "../../src/protocol/position.js";
import type { Chance } from "./chance.js";
import { Reader, type ReaderStart, type Sheet } from "./ledger.js";
import type { Process } from "./process.js";

type Wish = "last" | "earliest" | "now";

export class Audience {
	/** All that ever were. */
	readonly readers: Reader[] = [];
	readonly #name: string;
	/** Channels whose past does not matter to the app. */
	readonly #fleeting: ReadonlySet<string>;
	readonly #sheet: Sheet;
	readonly #chance: Chance;
	readonly #subscriptions = new Map<string, Subscription>();
	#current = new Map<string, Reader>();

	constructor(
		{ sheet }: { readonly sheet: Sheet },
		{ name, fleeting }: { readonly name: string; readonly fleeting: ReadonlySet<string> },
		chance: Chance,
	) {
		this.#name = name;
		this.#fleeting = fleeting;
		this.#sheet = sheet;
		this.#chance = chance;
	}

	/** Those of the program that runs now. */
	get current(): readonly Reader[] {
		return [...this.#current.values()];
	}

	reader(channel: string): Reader | undefined {
		return this.#current.get(channel);
	}

	positions(): ReadonlyMap<Reader, Position | null> {
		return new Map(this.current.map((reader) => [reader, reader.position]));
	}

	/** The program is gone, and all of them with it. */
	leave(): void {
		for (const reader of this.#current.values()) reader.end();
		this.#current = new Map();
		this.#subscriptions.clear();
	}

	/** The app changes its mind about what it wants: all that there is, what comes from now on, or what it missed. */
	resubscribe(channel: string, client: Client, process: Process): void {
		this.#current.get(channel)?.end();
		this.#subscriptions.get(channel)?.unsubscribe();
		const pick = this.#chance.random();
		this.subscribe(channel, client, process, pick < 0.3 ? "earliest" : pick < 0.6 ? "now" : "last");
	}

	subscribe(channel: string, client: Client, process: Process, wish: Wish = "last"): void {
		const before = this.readers.findLast((reader) => reader.channel === channel);
		const { from, start } = this.#plan(channel, before, wish);
		const reader = new Reader(
			this.#name,
			channel,
			start,
			this.#sheet,
			// Who asks for all that there is, is given all.
			start.index === 0 && from === "earliest" ? undefined : before,
		);
		this.readers.push(reader);
		this.#current.set(channel, reader);
		const subscription = client.subscribe(
			channel,
			(message) => {
				if (process.isAlive) reader.take(message);
			},
			{
				recover: start.recover,
				...(from !== null && { from }),
				onGap: (gap) => {
					if (!process.isAlive) return;
					this.#sheet.note(`${this.#name} ${channel} gap ${gap.missed}`);
					reader.gap(gap);
				},
			},
		);
		this.#subscriptions.set(channel, subscription);
		subscription.state.subscribe(({ status }) => {
			if (status === "subscribed") reader.answered();
		});
	}

	/** An app goes on behind the last message that it finished with; without one, from now or from the beginning. */
	#plan(
		channel: string,
		before: Reader | undefined,
		wish: Wish,
	): { readonly from: Position | "earliest" | null; readonly start: ReaderStart } {
		const recover = !this.#fleeting.has(channel);
		const last = wish === "last" ? (before?.last ?? null) : null;
		if (last !== null) {
			const { records } = this.#sheet.truth.channel(channel);
			const index = records.indexOf(last.record) + 1;
			return { from: last.position, start: { index, position: last.position, recover } };
		}
		const isFromEarliest = wish === "earliest" || (before === undefined && this.#chance.flip(0.5));
		const start = { index: isFromEarliest ? 0 : null, position: null, recover };
		return { from: isFromEarliest ? "earliest" : null, start };
	}
}
