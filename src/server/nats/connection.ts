/* NATS as the log speaks to it: one connection, one stream, and whose copy of it this is. */
import {
	JetStreamApiError,
	type JetStreamClient,
	type JetStreamManager,
	jetstream,
	jetstreamManager,
	type StreamInfo,
} from "@nats-io/jetstream";
import { type NatsConnection as Connected, connect, errors } from "@nats-io/transport-node";
import { RealtimeError } from "../../errors/realtime-error.js";
import type { Connection } from "../shared/redial.js";
import { type EpochRecord, epochOf, nextRecord } from "./epoch-record.js";

/** Where the log lies in NATS. */
export interface NatsPlace {
	readonly stream: string;
	/** What the subjects of its messages begin with. */
	readonly subject: string;
	/** Copies that the stream has, where it is made here. */
	readonly replicas: number;
}

export interface NatsAccess {
	readonly servers: readonly string[];
	readonly token?: string;
	readonly user?: string;
	readonly pass?: string;
	readonly timeoutMs: number;
}

/** What the server numbered; larger than any before it in the stream. */
export type Sequence = number;

const WRONG_LAST_SEQUENCE = 10_071;
const STREAM_NOT_FOUND = 10_059;
const STREAM_NAME_IN_USE = 10_058;
const SUBJECTS_OVERLAP = 10_065;
/** The stream, the account or the disk has no room. */
const FULL = [10_023, 10_028, 10_047, 10_077];
const TRIES = 10;

export class NatsConnection implements Connection {
	readonly broken: Promise<unknown>;
	readonly maxBytes: number;
	readonly #nats: Connected;
	readonly #manager: JetStreamManager;
	readonly #stream: JetStreamClient;
	readonly #place: NatsPlace;
	#epoch = "";

	private constructor(
		nats: Connected,
		manager: JetStreamManager,
		place: NatsPlace,
		timeout: number,
	) {
		this.#nats = nats;
		this.broken = nats.closed();
		this.maxBytes = nats.info?.max_payload ?? 1_048_576;
		this.#manager = manager;
		this.#stream = jetstream(nats, { timeout });
		this.#place = place;
	}

	/** @throws RealtimeError `unauthorized`, `invalid-option`, `connection-lost` */
	static async dial(
		{ timeoutMs: timeout, servers, ...login }: NatsAccess,
		place: NatsPlace,
		random: () => number,
	): Promise<NatsConnection> {
		let nats: Connected | null = null;
		try {
			// It is dialled anew by us: what a new connection begins with is not what the old one ended with.
			const options = { servers: [...servers], ...login, timeout, reconnect: false };
			nats = await connect(options);
			const manager = await jetstreamManager(nats, { timeout });
			const connection = new NatsConnection(nats, manager, place, timeout);
			await connection.#identify(random);
			return connection;
		} catch (reason) {
			await nats?.close().catch(() => undefined);
			throw asError(reason);
		}
	}

	/** Of the whole log. */
	get epoch(): string {
		return this.#epoch;
	}

	/**
	 * Null: another message of the channel came after `last`.
	 * @throws RealtimeError `overloaded`, `connection-lost`
	 */
	async publish(token: string, text: string, last: Sequence): Promise<Sequence | null> {
		try {
			return await this.#put(this.#messages(token), text, last);
		} catch (reason) {
			if (isApiError(reason, WRONG_LAST_SEQUENCE)) return null;
			if (!isApiError(reason, ...FULL)) throw asError(reason);
			throw new RealtimeError("overloaded", (reason as Error).message, { cause: reason });
		}
	}

	/** Of the last message of the channel; 0: it has none. */
	async last(token: string): Promise<Sequence> {
		return (await this.#lastOf(this.#messages(token)))?.seq ?? 0;
	}

	/** Tells of all that is stored, from the first on. `ended` is told once, unless it was stopped. */
	async consume(
		token: string,
		told: (text: string, seq: Sequence) => void,
		ended: (reason: unknown) => void,
	): Promise<() => void> {
		const { stream } = this.#place;
		const filter = { filter_subjects: this.#messages(token) };
		const consumer = await this.#stream.consumers.get(stream, filter);
		const messages = await consumer.consume();
		let isStopped = false;
		const work = async (): Promise<void> => {
			for await (const message of messages) told(message.string(), message.seq);
			throw new Error("the consumer ended");
		};
		work().catch((reason) => isStopped || ended(asError(reason)));
		return () => {
			isStopped = true;
			void messages.close().catch(() => undefined);
		};
	}

	/** What of the channel lies before `seq` is needed no more. */
	async purge(token: string, seq: Sequence): Promise<void> {
		const filter = this.#messages(token);
		await this.#manager.streams.purge(this.#place.stream, { filter, seq });
	}

	broadcast(token: string, text: string): void {
		this.#nats.publish(this.#broadcasts(token), text);
	}

	hearBroadcasts(token: string, told: (text: string) => void): () => void {
		const callback = (_: unknown, message: { string(): string }): void => told(message.string());
		const subscription = this.#nats.subscribe(this.#broadcasts(token), { callback });
		return () => subscription.unsubscribe();
	}

	/** Resolves when the server has taken all that was said before. */
	ping(): Promise<unknown> {
		return this.#nats.flush();
	}

	destroy(): void {
		void this.#nats.close().catch(() => undefined);
	}

	#messages(token: string): string {
		return `${this.#place.subject}.message.${token}`;
	}

	#broadcasts(token: string): string {
		return `${this.#place.subject}.broadcast.${token}`;
	}

	/** Whoever first meets a stream of another identity writes down that a new epoch has begun. */
	async #identify(random: () => number): Promise<void> {
		const identity = this.#identityOf(await this.#open());
		const subject = `${this.#place.subject}.epoch`;
		for (let tries = 0; tries < TRIES; tries++) {
			const last = await this.#lastOf(subject);
			const valid = last && (await this.#firstAfter(subject, readRecord(last).after));
			const record = valid && readRecord(valid);
			const epoch = valid && record ? epochOf(record, valid.time.getTime()) : null;
			if (epoch !== null && record?.identity === identity) {
				this.#epoch = epoch;
				return;
			}
			const text = JSON.stringify(nextRecord(identity, { epoch, seq: last?.seq ?? 0 }, random));
			await this.#put(subject, text, last?.seq ?? 0).catch((reason) => {
				// Another server was first: we read what it wrote.
				if (!isApiError(reason, WRONG_LAST_SEQUENCE)) throw reason;
			});
		}
		throw new RealtimeError("connection-lost", "the epoch could not be agreed on");
	}

	async #open(): Promise<StreamInfo> {
		const { stream: name } = this.#place;
		const info = await this.#findOrMake();
		const { max_age, max_msgs, max_bytes, max_msgs_per_subject, discard } = info.config;
		const isTrimmed = max_age > 0 || max_msgs > 0 || max_msgs_per_subject > 0;
		if (isTrimmed || (max_bytes > 0 && discard !== "new"))
			throw new RealtimeError("invalid-option", `the stream ${name} drops messages by itself`, {
				remediation:
					"Let the log make its stream, or give it no max_age, max_msgs, or max_bytes with discard old.",
			});
		return info;
	}

	/** Of two servers that make it at once one is refused, and finds what the other made. */
	async #findOrMake(): Promise<StreamInfo> {
		const { stream: name, subject, replicas } = this.#place;
		const subjects = [`${subject}.message.*`, `${subject}.epoch`];
		for (let tries = 1; ; tries++)
			try {
				return await this.#manager.streams.info(name).catch((reason) => {
					if (!isApiError(reason, STREAM_NOT_FOUND)) throw reason;
					return this.#manager.streams.add({ name, subjects, num_replicas: replicas });
				});
			} catch (reason) {
				if (tries === TRIES || !isApiError(reason, STREAM_NAME_IN_USE, SUBJECTS_OVERLAP))
					throw reason;
			}
	}

	/**
	 * A majority of copies keeps what was acknowledged, whoever leads it. One copy alone may have lost a
	 * tail whenever its server was started anew.
	 */
	#identityOf({ created, config }: StreamInfo): string {
		if (config.num_replicas >= 3) return String(created);
		const server = this.#nats.info;
		if (server?.cluster !== undefined)
			throw new RealtimeError("invalid-option", "a stream of one copy in a cluster of servers", {
				remediation: "Give the stream 3 replicas, or use a server that is in no cluster.",
			});
		return `${created} ${server?.server_id}`;
	}

	/** On that condition it may be tried again: a stream that was just made has nobody who answers at first. */
	async #put(subject: string, text: string, last: Sequence): Promise<Sequence> {
		const expect = { lastSubjectSequence: last };
		return (await this.#stream.publish(subject, text, { expect, retries: 3 })).seq;
	}

	#firstAfter(subject: string, seq: Sequence) {
		const query = { seq: seq + 1, next_by_subj: subject };
		return this.#manager.streams.getMessage(this.#place.stream, query);
	}

	#lastOf(subject: string) {
		return this.#manager.streams.getMessage(this.#place.stream, { last_by_subj: subject });
	}
}

const readRecord = (message: { string(): string }): EpochRecord =>
	JSON.parse(message.string()) as EpochRecord;

const isApiError = (reason: unknown, ...codes: readonly number[]): boolean =>
	reason instanceof JetStreamApiError && codes.includes(reason.code);

/** As a caller can act on it. */
function asError(reason: unknown): RealtimeError {
	if (reason instanceof RealtimeError) return reason;
	const isRefusal =
		reason instanceof errors.AuthorizationError ||
		reason instanceof errors.PermissionViolationError;
	return RealtimeError.from(reason, isRefusal ? "unauthorized" : "connection-lost");
}
