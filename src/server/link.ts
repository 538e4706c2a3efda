/*
 *   opened ─▶ waiting ── hello ──▶ judging ── admitted: welcome, then what was buffered ──▶ open
 *                │ 5 s: 4408          │ 4401, 4403, 1011, 4429                              │
 *                ╰────────────────────┴─────────────────────────────────────────────────────┴──▶ closed
 *
 *   any ── malformed or binary: 4400, too large: 4413, too fast: 4429, too slow to read: 4410 ──▶ closed
 */
import { isRealtimeError } from "../errors/realtime-error.js";
import { decodeClientMessage } from "../protocol/decode-client.js";
import type { ClientFrame, HelloFrame } from "../protocol/frames.js";
import { PRE_HELLO_BYTES, PRE_HELLO_MS } from "../protocol/limits.js";
import type { Admission } from "./access.js";
import type { FollowedMessage, ServerLink, ServerSocket } from "./contract.js";
import { Deadlines } from "./deadlines.js";
import { kindOf } from "./fault.js";
import type { Hub } from "./hub.js";
import { Outbound } from "./outbound.js";
import { type Door, turnAway } from "./roster.js";
import { type Admit, Session } from "./session.js";
import { TokenBucket } from "./token-bucket.js";
import type { Wire } from "./wire.js";

/** `authorize` has this long; a client's own deadline is shorter the first time. */
const JUDGE_MS = 10_000;
/** Whoever sends too much stays away for this long at least. */
const FLOOD_WINDOW_MS = 10_000;
/** RFC 6455, 5.5: what a close frame can hold. */
const MAX_REASON_BYTES = 123;

export class Link implements ServerLink, Wire, Door {
	readonly #hub: Hub;
	readonly #socket: ServerSocket;
	readonly #admit: Admit;
	readonly #outbound: Outbound;
	readonly #deadlines: Deadlines;
	readonly #bucket: TokenBucket;
	/** What came before the client was admitted, its hello first. */
	#buffered: ClientFrame[] = [];
	#bufferedBytes = 0;
	#isJudging = false;
	#session: Session | null = null;
	#isOpen = true;

	constructor(socket: ServerSocket, admit: Admit, hub: Hub) {
		this.#hub = hub;
		this.#socket = socket;
		this.#admit = admit;
		const { settings, flusher } = hub;
		const world = { flusher, clock: settings.clock };
		this.#outbound = new Outbound(socket, world, settings.sendBufferBytes, (failure) =>
			this.#fail(failure),
		);
		this.#deadlines = new Deadlines(settings.clock);
		this.#bucket = new TokenBucket(settings.maxFramesPerSecond, settings.clock.monotonic());
		hub.roster.doors.add(this);
		this.#within(PRE_HELLO_MS, () => this.close(4408, "hello too late"));
	}

	// ── ServerLink ───────────────────────────────────────────────────────────────────────────────
	message(data: string | Uint8Array): void {
		if (this.#isOpen) this.#guard(() => this.#receive(data));
	}

	closed(_code: number): void {
		this.#end();
	}

	// ── Wire ─────────────────────────────────────────────────────────────────────────────────────
	get isOpen(): boolean {
		return this.#isOpen;
	}

	get isAdmitted(): boolean {
		return this.#session !== null;
	}

	get isBusy(): boolean {
		return this.#outbound.isBusy;
	}

	send(frame: string): void {
		this.#outbound.send(frame);
	}

	sendMessage(message: FollowedMessage): void {
		this.#outbound.sendMessage(message);
	}

	room(): Promise<void> {
		return this.#outbound.room();
	}

	close(code: number, reason: string): void {
		if (!this.#isOpen) return;
		this.#outbound.flush();
		// Flushing may have found the consumer too slow, and closed.
		if (!this.#isOpen) return;
		this.#end();
		this.#hub.settings.logger.debug("link-closed", { code });
		turnAway(this.#socket, code, reason.slice(0, MAX_REASON_BYTES));
	}

	#receive(data: string | Uint8Array): void {
		if (typeof data !== "string") return this.close(4400, "text only");
		const frames = this.#decode(data);
		if (frames === null) return;
		if (!this.#bucket.take(frames.length, this.#hub.settings.clock.monotonic()))
			return this.close(4429, this.#floodReason());
		if (this.#session === null) return this.#receiveEarly(frames, data.length);
		this.#session.hear();
		this.#hand(this.#session, frames, data.length / frames.length);
	}

	#decode(text: string): readonly ClientFrame[] | null {
		try {
			return decodeClientMessage(text, this.#hub.settings.text);
		} catch (reason) {
			const isOversized = isRealtimeError(reason) && reason.code === "message-too-large";
			if (isOversized) this.close(4413, "too large");
			else this.close(4400, "malformed");
			return null;
		}
	}

	#receiveEarly(frames: readonly ClientFrame[], bytes: number): void {
		this.#bufferedBytes += bytes;
		if (this.#bufferedBytes > PRE_HELLO_BYTES) return this.close(4413, "too large before welcome");
		for (const frame of frames) this.#buffered.push(frame);
		const [first] = this.#buffered;
		if (first === undefined || this.#isJudging) return;
		if (first.type !== "hello") return this.close(4400, "hello comes first");
		this.#isJudging = true;
		this.#within(JUDGE_MS, () => this.close(1011, "internal"));
		void this.#admit(first.token, first.as).then((admission) =>
			this.#guard(() => this.#judge(first, admission)),
		);
	}

	#judge(hello: HelloFrame, admission: Admission): void {
		if (!this.#isOpen) return;
		if (admission.status === "unauthorized") return this.close(4401, "unauthorized");
		if (admission.status === "forbidden") return this.close(4403, "another identity");
		if (admission.status === "failed") return this.close(1011, "internal");
		const { roster, settings } = this.#hub;
		const { identity } = admission;
		if (roster.isDraining) return this.close(1012, roster.windowReason);
		if (roster.of(identity.id).size >= settings.maxLinksPerIdentity)
			return this.close(4429, this.#floodReason());
		this.#deadlines.clear("early");
		const world = { hub: this.#hub, wire: this, deadlines: this.#deadlines, admit: this.#admit };
		const session = new Session(hello, identity, world);
		this.#session = session;
		this.#outbound.isShort = hello.short === true;
		session.begin();
		const [, ...rest] = this.#buffered;
		this.#buffered = [];
		this.#hand(session, rest, this.#bufferedBytes / (rest.length + 1));
	}

	#hand(session: Session, frames: readonly ClientFrame[], bytes: number): void {
		for (const frame of frames) {
			if (!this.#isOpen) return;
			session.take(frame, bytes);
		}
	}

	/** What still waits to leave is dropped: the client resumes behind what it has got. */
	#fail(failure: "slow" | "broken"): void {
		this.#end();
		if (failure === "broken") return turnAway(this.#socket, 1011, "internal");
		this.#hub.stats.count("slowClosed");
		this.#hub.settings.logger.debug("link-closed", { code: 4410 });
		turnAway(this.#socket, 4410, "slow consumer");
	}

	/** Nothing that a peer sends may throw into a transport. */
	#guard(run: () => void): void {
		try {
			run();
		} catch (reason) {
			this.#hub.settings.logger.error("link-threw", { kind: kindOf(reason) });
			this.close(1011, "internal");
		}
	}

	#floodReason(): string {
		return JSON.stringify({ w: Math.max(FLOOD_WINDOW_MS, this.#hub.roster.windowMs) });
	}

	#within(ms: number, late: () => void): void {
		this.#deadlines.set("early", this.#hub.settings.clock.monotonic() + ms, late);
	}

	#end(): void {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		this.#hub.roster.doors.delete(this);
		this.#deadlines.end();
		this.#outbound.end();
		this.#buffered = [];
		this.#session?.end();
	}
}
