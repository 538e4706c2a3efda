/*
 * What the three ways in have in common: a message comes in, the decision is made on the zones as they
 * are now, and the answer goes out, unless the server was told to misbehave.
 */
import { isIP } from "node:net";
import type { Metadata, Zone } from "./decide/contract.js";
import { bare, type Query, type Reply } from "./decide/message.js";
import { compilePlaces, type PlaceTable } from "./decide/places.js";
import { type DnsState, respond } from "./decide/respond.js";
import { checkMetadata, compileZone, feedsOf } from "./decide/zone.js";
import { addressBytes, readQuery, TCP_BYTES, udpLimit, writeReply } from "./wire.js";

/** How the server misbehaves, whatever it is asked. */
export type DnsFault =
	| { readonly is: "none" }
	/** Takes questions, never answers. */
	| { readonly is: "silent" }
	| { readonly is: "servfail" }
	| { readonly is: "late"; readonly ms: number };

export type Transport = "udp" | "tcp" | "doh";

/** A question that was answered, for who watches. */
export interface Answered {
	readonly transport: Transport;
	readonly source: string;
	readonly query: Query;
	readonly reply: Reply;
}

export interface AnsweringOptions {
	readonly zones: readonly Zone[];
	readonly places: PlaceTable;
	readonly random: () => number;
	readonly answered: (answered: Answered) => void;
}

export class Answering {
	fault: DnsFault = { is: "none" };
	/** Questions that got no answer, since the start. */
	unanswered = 0;
	readonly #options: AnsweringOptions;
	readonly #timers = new Set<NodeJS.Timeout>();
	#state: DnsState;

	/** Throws on zones and places that can't be served. */
	constructor(options: AnsweringOptions) {
		this.#options = options;
		const zones = options.zones.map(compileZone);
		this.#state = { zones, live: new Map(), places: compilePlaces(options.places) };
	}

	/** Beside what is set already: a feed tells what it knows, and no more. Throws on one that no answer has. */
	set(feed: string, metadata: Metadata): void {
		const known = new Set(this.#state.zones.flatMap(feedsOf));
		if (!known.has(feed))
			throw new Error(`No answer has the feed "${feed}". Known: ${[...known].join(", ")}.`);
		checkMetadata(feed, metadata);
		const live = new Map(this.#state.live);
		live.set(feed, { ...live.get(feed), ...metadata });
		this.#state = { ...this.#state, live };
	}

	/** In the place of the zone of that name, or beside the others. Throws on one that can't be served. */
	putZone(zone: Zone): void {
		const compiled = compileZone(zone);
		const others = this.#state.zones.filter(({ name }) => name !== compiled.name);
		this.#state = { ...this.#state, zones: [...others, compiled] };
	}

	/** `send` is called once, now or later, or never. */
	answer(
		bytes: Uint8Array,
		source: string,
		transport: Transport,
		send: (answer: Uint8Array) => void,
	): void {
		const read = readQuery(bytes);
		if (read.is === "silence") return;
		if (read.is === "failure") return this.#deliver(() => send(read.reply));
		this.decide(read.query, source, transport, (reply) => {
			const limit = transport === "udp" ? udpLimit(read.query) : TCP_BYTES;
			send(writeReply(read.query, reply, limit));
		});
	}

	/** As `answer`, for who has read the question and will write the answer himself. */
	decide(query: Query, source: string, transport: Transport, send: (reply: Reply) => void): void {
		this.#deliver(() => {
			const reply =
				this.fault.is === "servfail"
					? bare("SERVFAIL")
					: respond(query, sourceBytes(source), this.#state, this.#options.random);
			this.#options.answered({ transport, source, query, reply });
			send(reply);
		});
	}

	/** Nothing is sent from now on. */
	stop(): void {
		this.fault = { is: "silent" };
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
	}

	#deliver(send: () => void): void {
		if (this.fault.is === "silent") {
			this.unanswered += 1;
			return;
		}
		if (this.fault.is !== "late") return send();
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			send();
		}, this.fault.ms);
		this.#timers.add(timer);
	}
}

/** An IPv4 asker at a socket of IPv6 is still one of IPv4. */
function sourceBytes(source: string): Uint8Array {
	const address = source.replace(/^::ffff:/i, "").replace(/%.*$/, "");
	return addressBytes(isIP(address) === 0 ? "0.0.0.0" : address);
}
