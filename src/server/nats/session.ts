/* What one connection to NATS makes of the log: the channels that are in use, until it breaks. */
import { RealtimeError } from "../../errors/realtime-error.js";
import { ASYNC_DISPOSE } from "../../reactive/disposable.js";
import type { Clock } from "../../runtime/runtime.js";
import type { FollowedMessage, LogMessage, Retention } from "../contract.js";
import type { Connection } from "../shared/redial.js";
import type { NatsConnection } from "./connection.js";
import { Replica } from "./replica.js";
import { tokenOf } from "./token.js";

/** A channel that nobody follows and nobody asked for is let go of. */
const IDLE_MS = 60_000;

interface Broadcast {
	/** What its sender had last heard of the channel. */
	readonly after: number;
	readonly message: LogMessage;
}

export interface NatsSessionWorld {
	/** Another one for each connection. */
	readonly by: string;
	readonly retain: Retention;
	readonly clock: Clock;
	readonly timeoutMs: number;
}

export class NatsSession implements Connection {
	readonly broken: Promise<unknown>;
	readonly #connection: NatsConnection;
	readonly #world: NatsSessionWorld;
	/** The least recently used first. */
	readonly #replicas = new Map<string, Replica>();

	constructor(connection: NatsConnection, world: NatsSessionWorld) {
		this.#connection = connection;
		this.#world = world;
		this.broken = connection.broken.then(() => this.#fail(new Error("the connection was closed")));
	}

	open(name: string): Replica {
		const known = this.#replicas.get(name);
		this.#replicas.delete(name);
		this.#sweep();
		const replica = known ?? this.#load(name);
		replica.usedAt = this.#world.clock.monotonic();
		this.#replicas.set(name, replica);
		return replica;
	}

	broadcast(name: string, { id, from, at, data = null }: LogMessage): Promise<unknown> {
		const after = this.#replicas.get(name)?.last ?? 0;
		const text = JSON.stringify({ after, message: { id, from, at, data } });
		this.#connection.broadcast(tokenOf(name), text);
		return this.ping();
	}

	/** Resolves when all that is stored and broadcast from then on is told. */
	async follow(
		name: string,
		listener: (message: FollowedMessage) => void,
	): Promise<AsyncDisposable> {
		const replica = this.open(name);
		const stop = this.#connection.hearBroadcasts(tokenOf(name), (text) => {
			const { after, message } = JSON.parse(text) as Broadcast;
			replica.after(after, () => listener({ ...message, channel: name, position: null }));
		});
		const channel = await replica.ready;
		const entry = { call: listener };
		channel.listeners.add(entry);
		await this.ping();
		return {
			[ASYNC_DISPOSE]: async () => {
				channel.listeners.delete(entry);
				stop();
			},
		};
	}

	ping(): Promise<unknown> {
		return this.#connection.ping();
	}

	destroy(): void {
		this.#connection.destroy();
		this.#fail(new Error("it was given up"));
	}

	#load(name: string): Replica {
		const connection = this.#connection;
		const failed = (reason: unknown): void => {
			this.#connection.destroy();
			this.#fail(reason);
		};
		return new Replica({ name, token: tokenOf(name), connection, failed, ...this.#world });
	}

	#fail(reason: unknown): void {
		const error = RealtimeError.from(reason, "connection-lost");
		const failed = [...this.#replicas.values()];
		this.#replicas.clear();
		for (const replica of failed) replica.fail(error);
	}

	/** Two a call: more than come. */
	#sweep(): void {
		const now = this.#world.clock.monotonic();
		for (const [name, replica] of [...this.#oldest(2)]) {
			this.#replicas.delete(name);
			if (replica.isIdle && now - replica.usedAt > IDLE_MS)
				replica.fail(new RealtimeError("connection-lost", "the channel was let go of"));
			else this.#replicas.set(name, replica);
		}
	}

	*#oldest(most: number): Iterable<[string, Replica]> {
		for (const entry of this.#replicas) {
			if (most-- === 0) return;
			yield entry;
		}
	}
}
