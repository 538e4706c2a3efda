/*
 * A link that was admitted, until it closes:
 *
 *   welcome ─▶ frames ⇄ frames ── maxConnectionAgeMs, drain ──▶ goodbye ── deadline ──▶ closed 1012
 *                 │
 *                 ├── silence: ping, then 1001      token expired: 4401      logged out: 4401, 4403
 *                 ╰── publishes left unanswered by the log: 1013
 */

import { dueAt, type HeartbeatState, heard, transition } from "../policy/heartbeat.js";
import type { EpochMs } from "../policy/moment.js";
import type {
	ClientFrame,
	GoodbyeFrame,
	HelloFrame,
	ServerFrame,
	TokenFrame,
	WelcomeFrame,
} from "../protocol/frames.js";
import type { Admission } from "./access.js";
import type { Identity } from "./contract.js";
import type { Deadlines } from "./deadlines.js";
import type { Hub } from "./hub.js";
import type { Author } from "./lane.js";
import { Publisher } from "./publisher.js";
import type { Member } from "./roster.js";
import { Subscriptions } from "./subscriptions.js";
import type { Wire } from "./wire.js";

export type Admit = (token: string | null, as: string | undefined) => Promise<Admission>;

const SHORTEST_LEAVE_MS = 30_000;
/** A client that leaves at the last moment is still on its way. */
const TRANSIT_MS = 1_000;

export class Session implements Author, Member {
	readonly client: string;
	readonly link: number;
	identity: Identity;
	readonly #hub: Hub;
	readonly #wire: Wire;
	readonly #deadlines: Deadlines;
	readonly #admit: Admit;
	readonly #subscriptions: Subscriptions;
	readonly #publisher: Publisher;
	#heartbeat: HeartbeatState;
	/** Fresh tokens are judged one after the other: the last one holds. */
	#renewing: Promise<void> = Promise.resolve();

	constructor(
		hello: HelloFrame,
		identity: Identity,
		world: {
			readonly hub: Hub;
			readonly wire: Wire;
			readonly deadlines: Deadlines;
			readonly admit: Admit;
		},
	) {
		this.client = hello.client;
		this.link = hello.link;
		this.identity = identity;
		this.#hub = world.hub;
		this.#wire = world.wire;
		this.#deadlines = world.deadlines;
		this.#admit = world.admit;
		this.#subscriptions = new Subscriptions(this, this.#hub, this.#wire);
		this.#publisher = new Publisher(this, this.#subscriptions, this.#hub, this.#wire);
		const beat = this.#hub.settings.heartbeat;
		this.#heartbeat = { status: "listening", beat, heardAt: this.#now() };
	}

	get isOpen(): boolean {
		return this.#wire.isOpen;
	}

	begin(): void {
		const { roster, settings, stats, dedupeMs } = this.#hub;
		roster.enter(this, this.identity.id);
		stats.count("connections");
		this.#send({
			type: "welcome",
			identity: this.identity.id,
			heartbeatMs: settings.heartbeat.idleMs,
			timeoutMs: settings.heartbeat.timeoutMs,
			windowMs: roster.windowMs,
			maxAgeMs: settings.maxConnectionAgeMs,
			maxFrameBytes: settings.maxFrameBytes,
			tokenTtlMs: this.#watchToken(),
			dedupeMs,
		} satisfies WelcomeFrame);
		this.#watch();
		this.#planReport();
		if (settings.maxConnectionAgeMs > 0)
			this.#deadlines.set("age", this.#now() + settings.maxConnectionAgeMs, () =>
				this.goodbye("refresh", Math.max(SHORTEST_LEAVE_MS, roster.windowMs), roster.windowMs),
			);
	}

	end(): void {
		this.#hub.roster.leave(this, this.identity.id);
		this.#hub.stats.count("connections", -1);
		this.#subscriptions.end();
	}

	/** Bytes came in. */
	hear(): void {
		this.#heartbeat = heard(this.#heartbeat, this.#now());
	}

	/** `bytes`: its share of the message that it came in. */
	take(frame: ClientFrame, bytes: number): void {
		switch (frame.type) {
			case "publish":
				return this.#publisher.take(frame, bytes);
			case "subscribe":
				return this.#subscriptions.subscribe(frame);
			case "unsubscribe":
				return this.#subscriptions.unsubscribe(frame);
			case "ping":
				return this.#send({ type: "pong", at: frame.at });
			case "pong":
				return;
			case "token":
				this.#renewing = this.#renewing.then(() => this.#renew(frame));
				return;
			case "hello":
				return this.#wire.close(4400, "a second hello");
			default:
				return frame satisfies never;
		}
	}

	/** Asks the client to move; what is still here at the deadline is closed. */
	goodbye(reason: GoodbyeFrame["reason"], deadlineMs: number, windowMs: number): void {
		this.#send({ type: "goodbye", reason, deadlineMs, windowMs });
		this.#deadlines.set("leave", this.#now() + deadlineMs + TRANSIT_MS, () =>
			this.close(1012, this.#hub.roster.windowReason),
		);
	}

	close(code: number, reason: string): void {
		this.#wire.close(code, reason);
	}

	async #renew({ token }: TokenFrame): Promise<void> {
		const admission = await this.#admit(token, this.identity.id);
		if (!this.isOpen) return;
		switch (admission.status) {
			case "admitted":
				this.identity = admission.identity;
				this.#send({ type: "token-accepted", tokenTtlMs: this.#watchToken() });
				return this.#subscriptions.recheck();
			case "unauthorized":
				return this.close(4401, "token rejected");
			case "forbidden":
				return this.close(4403, "another identity");
			case "failed":
				// The token before it is as good as it was: at its end comes 4401, and a new attempt.
				return;
			default:
				return admission satisfies never;
		}
	}

	/** The time that the token has left, 0 for one without end. */
	#watchToken(): number {
		const { expiresAt } = this.identity;
		this.#deadlines.clear("token");
		if (expiresAt === undefined) return 0;
		const leftMs = Math.max(1, this.#leftMs(expiresAt));
		this.#deadlines.set("token", this.#now() + leftMs, () => this.close(4401, "token expired"));
		return leftMs;
	}

	#leftMs(at: EpochMs): number {
		return at - this.#hub.settings.clock.now();
	}

	/** Any message counts as life, and moves the deadline without touching a timer. */
	#watch(): void {
		this.#deadlines.set("beat", dueAt(this.#heartbeat), () => {
			const { heartbeat, random } = this.#hub.settings;
			const moment = { now: this.#now(), random };
			const [next, effects] = transition(this.#heartbeat, { type: "ticked" }, heartbeat, moment);
			this.#heartbeat = next;
			for (const { type } of effects) {
				if (type === "pronounce-dead") return this.close(1001, "idle");
				this.#send({ type: "ping", at: moment.now });
			}
			this.#watch();
		});
	}

	#planReport(): void {
		const { idleMs } = this.#hub.settings.heartbeat;
		this.#deadlines.set("heads", this.#now() + idleMs, () => {
			if (this.#publisher.isStuck(this.#now()))
				return this.close(1013, this.#hub.roster.windowReason);
			void this.#subscriptions.report();
			this.#planReport();
		});
	}

	#send(frame: ServerFrame): void {
		this.#wire.send(JSON.stringify(frame));
	}

	#now(): number {
		return this.#hub.settings.clock.monotonic();
	}
}
