/*
 *   name ─▶ addresses ─▶ race over TCP ─▶ one socket ─▶ upgrade, hello ─▶ the first message: that one it is
 *                                            ╰── no welcome in time ─▶ the next socket, the same hello
 *
 * A transport to a name: sockets to several of its addresses, one of which wins. race.ts decides.
 */
import type { DnsAnswer } from "../endpoint/dns-answer.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import { withFreshLabel } from "../endpoint/fresh-label.js";
import { dueAt, laggards, newRace, type RaceInput, transition } from "../endpoint/race.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { dispose } from "../reactive/disposable.js";
import type { Runtime, TcpConnect, TcpSocket } from "../runtime/runtime.js";
import type { Transport, TransportEnd, TransportFacts } from "../transport/transport.js";
import { openWebSocket } from "../transport/websocket.js";
import type { Tracker } from "./tracker.js";

/** What a race needs of the platform. */
export interface Sockets {
	readonly connect: TcpConnect;
	/** TLS over a connection, with the name of the endpoint, and `options` of the WebSocket's class. */
	secure(socket: TcpSocket, hostname: string, options: object): unknown;
}

/** The name that is dialled, and who wants to know where a link lives. */
export interface DialledName {
	readonly tracker: Pick<Tracker, "ready" | "failed">;
	readonly sockets: Sockets;
	joined(key: object, address: string): void;
	left(key: object): void;
}

interface Racer {
	readonly address: string;
	readonly socket: TcpSocket;
	readonly release: () => void;
	transport: Transport | null;
	isOpen: boolean;
}

/** A dial that tries more has run out of its deadline. */
const MOST_ADDRESSES = 8;

export class RacingTransport implements Transport {
	readonly #endpoint: Endpoint;
	readonly #url: URL;
	readonly #facts: TransportFacts;
	readonly #runtime: Runtime;
	readonly #name: DialledName;
	readonly #resolving = new AbortController();
	#addresses: readonly string[] = [];
	#race = newRace(0);
	#racers: (Racer | undefined)[] = [];
	#timer: Disposable | null = null;
	#winner: Racer | null = null;
	#isOver = false;
	/** What was sent before anybody spoke: the next one says the same. */
	#said: string[] = [];
	#hasOpened = false;
	#lastEnd: TransportEnd = { code: 1006, reason: "", opened: false };

	constructor(endpoint: Endpoint, facts: TransportFacts, runtime: Runtime, name: DialledName) {
		this.#url = new URL(withFreshLabel(endpoint.url, runtime.random));
		this.#endpoint = { ...endpoint, url: this.#url.href };
		this.#facts = facts;
		this.#runtime = runtime;
		this.#name = name;
		name.tracker.ready(this.#resolving.signal).then(
			(answers) => this.#begin(answers),
			(reason) => this.#giveUp(RealtimeError.from(reason, "dns-unavailable")),
		);
	}

	get bufferedBytes(): number {
		return this.#winner?.transport?.bufferedBytes ?? 0;
	}

	send(data: string): void {
		if (this.#winner !== null) return this.#winner.transport?.send(data);
		this.#said.push(data);
		for (const [index, racer] of this.#racers.entries()) {
			if (!racer?.isOpen) continue;
			racer.transport?.send(data);
			this.#step({ type: "greeted", index });
		}
	}

	/**
	 * The dial's own deadline is the failure of every racer but one that waits for us; another reason says
	 * nothing against them.
	 */
	close(code: number, reason: string): void {
		if (this.#isOver) return;
		if (this.#winner === null && reason === "connect-timeout")
			for (const racer of this.#racers)
				if (racer && !(racer.isOpen && this.#said.length === 0))
					this.#name.tracker.failed(racer.address);
		this.#finish(code, reason);
	}

	#begin(answers: readonly DnsAnswer[]): void {
		if (this.#isOver) return;
		this.#addresses = answers.slice(0, MOST_ADDRESSES).map(({ address }) => address);
		this.#race = newRace(this.#addresses.length);
		this.#step({ type: "begun" });
	}

	#step(input: RaceInput): void {
		if (this.#isOver || this.#winner !== null) return;
		const now = this.#runtime.clock.monotonic();
		const [race, effects] = transition(this.#race, input, now);
		this.#race = race;
		for (const effect of effects) {
			if (effect.type === "connect") this.#connect(effect.index);
			else if (effect.type === "greet") this.#greet(effect.index);
			else this.#giveUp();
		}
		this.#arm();
	}

	#arm(): void {
		dispose(this.#timer);
		this.#timer = null;
		const at = dueAt(this.#race);
		if (this.#isOver || at === Number.POSITIVE_INFINITY) return;
		const { clock } = this.#runtime;
		const tick = (): void => this.#step({ type: "ticked" });
		this.#timer = clock.setTimeout(tick, Math.max(at - clock.monotonic(), 0), "race");
	}

	#connect(index: number): void {
		const address = this.#addresses[index] as string;
		const { protocol, port } = this.#url;
		const standard = protocol === "wss:" ? 443 : 80;
		let socket: TcpSocket;
		try {
			socket = this.#name.sockets.connect({ host: address, port: Number(port) || standard });
		} catch (reason) {
			// In a turn of its own, or a race would step within a step.
			return queueMicrotask(() => this.#fail(index, address, String((reason as Error).name)));
		}
		const connected = (): void => this.#step({ type: "connected", index });
		const lost = (reason?: unknown): void =>
			this.#fail(index, address, (reason as { code?: string } | undefined)?.code ?? "closed");
		const release = (): void => {
			socket.off("connect", connected);
			socket.off("error", lost);
			socket.off("close", lost);
		};
		socket.on("connect", connected);
		socket.on("error", lost);
		socket.on("close", lost);
		this.#racers[index] = { address, socket, release, transport: null, isOpen: false };
	}

	#greet(index: number): void {
		const racer = this.#racers[index] as Racer;
		const { hostname, protocol } = this.#url;
		racer.release();
		// Between its owners: an error that nobody hears would be thrown.
		racer.socket.on("error", () => undefined);
		const createConnection = (options: object): unknown =>
			protocol === "wss:"
				? this.#name.sockets.secure(racer.socket, hostname, options)
				: racer.socket;
		const facts: TransportFacts = {
			opened: () => this.#opened(racer, index),
			received: (data) => this.#received(racer, index, data),
			closed: (end) => this.#closed(racer, index, end),
		};
		racer.transport = openWebSocket(this.#endpoint, facts, this.#runtime, { createConnection });
	}

	#opened(racer: Racer, index: number): void {
		racer.isOpen = true;
		for (const data of this.#said) racer.transport?.send(data);
		this.#step({ type: this.#said.length > 0 ? "greeted" : "opened", index });
		if (this.#hasOpened) return;
		this.#hasOpened = true;
		this.#facts.opened();
	}

	#received(racer: Racer, index: number, data: string): void {
		if (this.#winner === null) this.#win(racer, index);
		this.#facts.received(data);
	}

	#win(racer: Racer, index: number): void {
		for (const slow of laggards(this.#race, this.#runtime.clock.monotonic()))
			if (slow !== index) this.#name.tracker.failed(this.#addresses[slow] as string);
		this.#step({ type: "welcomed", index });
		this.#winner = racer;
		this.#said = [];
		this.#abandon();
		this.#racers = [];
		this.#name.joined(this, racer.address);
	}

	/** What a server says, it says for all its addresses; a connection that breaks is its address's own. */
	#closed(racer: Racer, index: number, end: TransportEnd): void {
		const isBroken = end.code === 1006 && end.httpStatus === undefined;
		if (this.#winner === null && isBroken) {
			this.#lastEnd = { ...end, opened: this.#hasOpened };
			return this.#fail(index, racer.address, end.reason);
		}
		if (this.#winner === null && (end.httpStatus ?? 0) >= 500)
			this.#name.tracker.failed(racer.address);
		this.#finish(1000, "");
		this.#facts.closed(end);
	}

	#fail(index: number, address: string, reason: string): void {
		if (this.#isOver || this.#winner !== null) return;
		const racer = this.#racers[index];
		racer?.release();
		racer?.socket.destroy();
		this.#racers[index] = undefined;
		this.#lastEnd = { ...this.#lastEnd, reason };
		this.#name.tracker.failed(address);
		this.#step({ type: "failed", index });
	}

	#giveUp(cause?: RealtimeError): void {
		if (this.#isOver) return;
		this.#finish(1000, "");
		this.#facts.closed(this.#lastEnd, cause);
	}

	#finish(code: number, reason: string): void {
		this.#isOver = true;
		this.#resolving.abort();
		dispose(this.#timer);
		this.#abandon(code, reason);
		this.#winner?.transport?.close(code, reason);
		this.#name.left(this);
	}

	/** All but the winner. */
	#abandon(code = 1000, reason = "another address"): void {
		for (const racer of this.#racers) {
			if (racer === undefined || racer === this.#winner) continue;
			racer.release();
			racer.socket.on("error", () => undefined);
			racer.transport?.close(code, reason);
			racer.socket.destroy();
		}
	}
}
