/* Runs the machine for one socket: one timer, one wire, and what is told. It decides nothing. */
import type { Endpoint } from "../endpoint/endpoint.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { dispose } from "../reactive/disposable.js";
import { BROKEN, type SocketEffect, type SocketEnd, type SocketInput } from "./contract.js";
import * as machine from "./machine.js";
import { type DriverListener, report, type SocketSetup } from "./setup.js";
import type { SocketData } from "./standard.js";
import { Wire, type WireFacts } from "./wire.js";

type Effect<T> = Extract<SocketEffect, { type: T }>;
type Told = Effect<"tell-open" | "tell-end">;

const READY = { connecting: 0, reconnecting: 0, open: 1, closing: 2, closed: 3 } as const;

export class Driver implements WireFacts {
	readonly #setup: SocketSetup;
	readonly #listener: DriverListener;
	#state: machine.SocketState;
	#wire: Wire | null = null;
	#dialId = 0;
	#timer: Disposable | null = null;
	#timerAt = Number.POSITIVE_INFINITY;
	#unwatch: (() => void) | undefined;
	#binaryType: BinaryType = "blob";
	#url: string;
	#origin = "";
	/** Questions without an answer so far, and when the last was asked. */
	#asked = 0;
	#askedAt = 0;
	latencyMs: number | null = null;
	/** Those of the last link stay: the standard resets nothing. */
	#last = { protocol: "", extensions: "", buffered: 0 };

	constructor(setup: SocketSetup, listener: DriverListener) {
		this.#setup = setup;
		this.#listener = listener;
		this.#url = setup.urlOf(null);
		const memory = setup.relist(setup.shared.memory);
		const [state, effects] = machine.start(memory, this.#terms());
		this.#state = state;
		this.#unwatch = setup.runtime.onWake(() => this.#run({ type: "woken" }));
		this.#follow(effects);
	}

	get url(): string {
		return this.#url;
	}

	get readyState(): number {
		const ready = READY[this.#state.status];
		if (ready !== 1 || this.#wire?.isOpen) return ready;
		// The peer has begun to close: no way back for one that does not redial.
		return this.#setup.policy.loss === "end" ? 2 : 0;
	}

	get protocol(): string {
		return this.#last.protocol;
	}

	get extensions(): string {
		return this.#last.extensions;
	}

	get buffered(): number {
		return this.#wire?.buffered ?? this.#last.buffered;
	}

	setBinaryType(type: BinaryType): void {
		this.#binaryType = type;
		if (this.#wire) this.#wire.binaryType = type;
	}

	send(data: SocketData): void {
		this.#wire?.send(data);
	}

	close(code: number | undefined, reason: string): void {
		this.#run({ type: "close-requested", code, reason, buffered: this.buffered });
	}

	reconnect(reason: string): void {
		this.#run({ type: "reconnect-requested", reason });
	}

	// ── what the wire tells: WireFacts ───────────────────────────────────────────────────────────
	opened(wire: Wire): void {
		this.#asked = 0;
		const { protocol, extensions } = wire;
		this.#last = { protocol, extensions, buffered: 0 };
		this.#run({ type: "opened", dialId: wire.dialId });
	}

	received(data: unknown): void {
		if (this.#state.status !== "open") return;
		this.#state = machine.heard(this.#state, this.#setup.runtime.clock.monotonic());
		if (this.#asked === 0 || !this.#isReply(data))
			return this.#listener.received(data, this.#origin);
		this.#asked -= 1;
		this.latencyMs = this.#setup.runtime.clock.monotonic() - this.#askedAt;
		this.#setup.changed?.(this.#state);
	}

	lost({ dialId }: Wire, end: SocketEnd): void {
		this.#forget();
		this.#run({ type: "lost", dialId, end });
	}

	// ── the machine ──────────────────────────────────────────────────────────────────────────────
	#terms(): Parameters<typeof machine.start>[1] {
		const { policy, runtime } = this.#setup;
		return { policy, now: runtime.clock.monotonic(), random: runtime.random };
	}

	#run(input: SocketInput): void {
		const { shared, relist } = this.#setup;
		const before = { ...this.#state, ...relist(shared.memory) };
		const [state, effects] = machine.transition(before, input, this.#terms());
		this.#state = state;
		this.#follow(effects);
	}

	/** State first, orders after it, and last what calls those who may call us back. */
	#follow(effects: readonly SocketEffect[]): void {
		const { shared, changed, connected } = this.#setup;
		const state = this.#state;
		shared.memory = machine.remember(state);
		this.#arm();
		let told: Told | null = null;
		for (const effect of effects) {
			if (effect.type === "tell-open" || effect.type === "tell-end") told = effect;
			else this.#perform(effect);
		}
		if (told?.type === "tell-open") connected?.();
		changed?.(this.#state);
		if (told?.type === "tell-end") this.#tellEnd(told);
		else if (told && this.#state.status === "open") this.#listener.opened();
	}

	#perform(effect: Exclude<SocketEffect, Told>): void {
		switch (effect.type) {
			case "dial":
				return this.#dial(effect.dialId, effect.endpoint);
			case "hang-up":
				return this.#hangUp(effect);
			case "close":
				return this.#wire?.close(effect.code, effect.reason);
			case "ask":
				return this.#ask();
			case "report":
				return this.#report(effect);
			// Orders about a welcome, which there is none of.
			case "greet":
			case "adopt":
				return;
			default:
				return effect satisfies never;
		}
	}

	/** Without the query: some put a ticket there. */
	#report({ reason, endpoint, dialId }: Effect<"report">): void {
		const where = endpoint?.replace(/\?.*/, "") ?? null;
		this.#setup.runtime.logger?.debug("websocket", { reason, endpoint: where, dialId });
	}

	#dial(dialId: number, endpoint: Endpoint): void {
		this.#dialId = dialId;
		const address = (async () => this.#setup.address(endpoint))();
		address.then(
			(url) => this.#connect(dialId, url),
			(reason) =>
				this.#run({
					type: "unaddressed",
					dialId,
					cause: RealtimeError.from(reason, "endpoint-refused"),
				}),
		);
	}

	#connect(dialId: number, url: string): void {
		if (dialId !== this.#dialId || this.#wire !== null) return;
		const { runtime, protocols, options } = this.#setup;
		this.#url = this.#setup.urlOf(url);
		this.#origin = new URL(this.#url).origin;
		try {
			this.#wire = new Wire(dialId, runtime, [url, protocols, options], this);
			this.#wire.binaryType = this.#binaryType;
		} catch (reason) {
			const cause = RealtimeError.from(reason, "endpoint-refused");
			this.#run({ type: "lost", dialId, end: { ...BROKEN, reason: cause.message } });
		}
	}

	#hangUp({ code, reason }: Effect<"hang-up">): void {
		const wire = this.#wire;
		this.#forget();
		wire?.hangUp(code, reason);
	}

	#forget(): void {
		this.#dialId = 0;
		if (this.#wire) this.#last.buffered = this.#wire.buffered;
		this.#wire = null;
	}

	#ask(): void {
		const { question, runtime } = this.#setup;
		try {
			if (question) this.#wire?.send(question.message() as SocketData);
			this.#asked += 1;
			this.#askedAt = runtime.clock.monotonic();
		} catch (reason) {
			report(reason);
		}
	}

	#isReply(data: unknown): boolean {
		try {
			return this.#setup.question?.isReply(data) === true;
		} catch (reason) {
			report(reason);
			return false;
		}
	}

	#tellEnd({ end, cause }: Effect<"tell-end">): void {
		this.#unwatch?.();
		this.#listener.ended(end, cause);
	}

	#arm(): void {
		const dueAt = machine.dueAt(this.#state);
		// One that comes early changes nothing, and the next is set then.
		if (this.#timer && this.#timerAt <= dueAt && dueAt < Number.POSITIVE_INFINITY) return;
		dispose(this.#timer);
		this.#timer = null;
		this.#timerAt = dueAt;
		if (dueAt === Number.POSITIVE_INFINITY) return;
		const { clock } = this.#setup.runtime;
		const tick = (): void => {
			this.#timer = null;
			this.#run({ type: "ticked", buffered: this.buffered });
		};
		this.#timer = clock.setTimeout(tick, Math.max(0, dueAt - clock.monotonic()), "websocket");
	}
}
