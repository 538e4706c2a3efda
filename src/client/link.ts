/*
 *  transport ──opened──▶ greet: hello and the first subscribes, one batch ──welcome──▶ all the rest
 *
 * One link: a transport, its heartbeat, and the frames that wait to leave together.
 */
import type { Endpoint } from "../endpoint/endpoint.js";
import { RealtimeError } from "../errors/realtime-error.js";
import * as heartbeat from "../policy/heartbeat.js";
import type { HeartbeatPolicy } from "../policy/policies.js";
import { decodeServerMessage } from "../protocol/decode-server.js";
import { encodeBatches, utf8Length } from "../protocol/encode.js";
import type { ClientFrame, HelloFrame, ServerFrame, WelcomeFrame } from "../protocol/frames.js";
import { PRE_HELLO_BYTES, SERVER_TEXT } from "../protocol/limits.js";
import type { Runtime } from "../runtime/runtime.js";
import type {
	OpenTransport,
	Transport,
	TransportEnd,
	TransportFacts,
} from "../transport/transport.js";
import { openWebSocket } from "../transport/websocket.js";
import { type Definition, Machine, type World } from "./machine.js";

/** What a link tells the supervisor: each fact once, in order, and none after `ended`. */
export interface LinkFacts {
	opened(link: Link): void;
	received(link: Link, frame: ServerFrame): void;
	/** `cause` where the end is our own finding: a dead peer, a malformed frame. */
	ended(link: Link, end: TransportEnd, cause?: RealtimeError): void;
	/** Bytes that came or left. */
	counted(direction: "bytesIn" | "bytesOut", bytes: number): void;
}

const GONE: TransportEnd = { code: 1006, reason: "", opened: true };

const HEARTBEAT: Definition<
	Link,
	heartbeat.HeartbeatState,
	heartbeat.HeartbeatInput,
	heartbeat.HeartbeatEffect
> = {
	name: "heartbeat",
	transition: (state, input, moment, { policy }) =>
		heartbeat.transition(state, input, policy, moment),
	dueAt: heartbeat.dueAt,
	perform: (link, effect) => link.beat(effect),
	changed: () => undefined,
};

export class Link implements TransportFacts {
	readonly dialId: number;
	readonly endpoint: Endpoint;
	/** What hello will carry; asked for when the dial began. */
	token: Promise<string | null> = Promise.resolve(null);
	/** Null until the server has accepted us. */
	welcome: WelcomeFrame | null = null;
	/** The last round trip of a ping, or null. */
	latencyMs: number | null = null;
	/** Every channel has been answered on it. */
	isSettled = false;
	/** There was a link before it. */
	isResumed = false;
	hasGap = false;
	/** What was missed came with those answers, all of it. */
	recovered = false;
	readonly #facts: LinkFacts;
	readonly #runtime: Runtime;
	readonly #transport: Transport;
	readonly policy: HeartbeatPolicy;
	readonly #heartbeat: Machine<
		heartbeat.HeartbeatState,
		heartbeat.HeartbeatInput,
		heartbeat.HeartbeatEffect,
		Link
	>;
	#waiting: string[] = [];
	#isOver = false;
	#isFlushPlanned = false;

	constructor(
		dial: { readonly dialId: number; readonly endpoint: Endpoint },
		facts: LinkFacts,
		policy: HeartbeatPolicy,
		runtime: Runtime,
		world: World,
		open: OpenTransport = openWebSocket,
	) {
		this.dialId = dial.dialId;
		this.endpoint = dial.endpoint;
		this.#facts = facts;
		this.#runtime = runtime;
		this.policy = policy;
		this.#heartbeat = new Machine(heartbeat.initial(policy), HEARTBEAT, this, world);
		this.#transport = open(dial.endpoint, this, runtime);
	}

	opened(): void {
		this.#facts.opened(this);
	}

	/**
	 * Hello, and as many of the frames that already wait as a server buffers before it knows us; what
	 * is left leaves after the welcome.
	 */
	greet(hello: HelloFrame): void {
		if (this.#isOver) return;
		const first = [JSON.stringify(hello)];
		let bytes = first[0]?.length ?? 0;
		while (
			this.#waiting[0] !== undefined &&
			bytes + this.#waiting[0].length * 3 < PRE_HELLO_BYTES
		) {
			const next = this.#waiting.shift() as string;
			// A character takes at most three bytes.
			bytes += next.length * 3;
			first.push(next);
		}
		this.#write(first);
	}

	/**
	 * Leaves in one batch with all that is sent in this turn; before the welcome it waits. False: the
	 * server has said that it takes no frame of this size; sent all the same, it would cost the link.
	 */
	send(frame: ClientFrame): boolean {
		if (this.#isOver) return true;
		const text = JSON.stringify(frame);
		if (this.welcome !== null && isLonger(text, this.welcome.maxFrameBytes)) return false;
		this.#waiting.push(text);
		if (this.welcome === null || this.#isFlushPlanned) return true;
		this.#isFlushPlanned = true;
		queueMicrotask(() => this.#flush());
		return true;
	}

	/** Asks the peer for a sign of life, with a short deadline. Before the welcome the dial has its own. */
	probe(): void {
		if (this.welcome !== null) this.#heartbeat.send({ type: "probed" });
	}

	/** No fact follows. */
	hangUp(code: number, reason: string): void {
		if (this.#isOver) return;
		this.#flush();
		this.#isOver = true;
		this.#heartbeat.stop();
		this.#transport.close(code, reason);
	}

	#flush(): void {
		this.#isFlushPlanned = false;
		if (this.#isOver || this.welcome === null || this.#waiting.length === 0) return;
		const frames = this.#waiting;
		this.#waiting = [];
		this.#write(frames);
	}

	#write(frames: readonly string[]): void {
		for (const text of encodeBatches(frames, this.welcome?.maxFrameBytes ?? PRE_HELLO_BYTES)) {
			this.#facts.counted("bytesOut", text.length);
			this.#transport.send(text);
		}
	}

	received(data: string): void {
		this.#facts.counted("bytesIn", data.length);
		if (this.welcome !== null) this.#heartbeat.send({ type: "heard" });
		let frames: readonly ServerFrame[];
		try {
			frames = decodeServerMessage(data, SERVER_TEXT);
		} catch (reason) {
			this.#transport.close(4400, "malformed");
			// This server's fault: another one, or the same one mended, may do better.
			const malformed = { cause: reason, retryable: true };
			const cause = new RealtimeError("protocol-violation", "malformed frame", malformed);
			return this.closed({ ...GONE, code: 4400 }, cause);
		}
		for (const frame of frames) {
			if (this.#isOver) return;
			this.#take(frame);
		}
	}

	#take(frame: ServerFrame): void {
		if (frame.type === "ping") {
			this.send({ type: "pong", at: frame.at });
			return;
		}
		if (frame.type === "pong") {
			this.latencyMs = Math.max(0, this.#runtime.clock.monotonic() - frame.at);
			return;
		}
		if (frame.type === "welcome") {
			// A second one changes nothing; anything else before the first is out of order.
			if (this.welcome !== null) return;
			this.welcome = frame;
			this.#heartbeat.send({
				type: "tuned",
				idleMs: frame.heartbeatMs,
				timeoutMs: frame.timeoutMs,
			});
		}
		if (this.welcome === null) {
			this.#transport.close(4400, "no welcome");
			return this.closed({ ...GONE, code: 4400 });
		}
		this.#facts.received(this, frame);
		if (frame.type === "welcome") this.#flush();
	}

	/** Carries out one order of the heartbeat. */
	beat(effect: heartbeat.HeartbeatEffect): void {
		if (effect.type === "ping") {
			this.send({ type: "ping", at: this.#runtime.clock.monotonic() });
			return;
		}
		this.#transport.close(4408, "silent");
		this.closed(GONE, new RealtimeError("heartbeat-timeout", "The server fell silent."));
	}

	closed(end: TransportEnd, cause?: RealtimeError): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#heartbeat.stop();
		this.#facts.ended(this, end, cause);
	}
}

/** Counts bytes only where it is close: no character takes more than three. */
const isLonger = (text: string, maxBytes: number): boolean =>
	text.length * 3 > maxBytes && utf8Length(text) > maxBytes;
