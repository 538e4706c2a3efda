/*
 *   client ── up ──▶ server         A connection is two pipes. What is cut is lost both ways; a
 *          ◀── down ──              goodbye in one pipe arrives behind the data that went before it.
 */
import { dispose } from "../reactive/disposable.js";
import type { ServerLink, ServerSocket } from "../server/contract.js";
import type { Upgrade } from "./host.js";
import { Pipe } from "./lane.js";
import type { Route, Traffic } from "./route.js";

/** The client's end, as the connection sees it. */
export interface ClientEnd {
	opened(protocol: string): void;
	received(data: string): void;
	/** The server began the closing handshake, or answered ours. */
	closing(code: number, reason: string): void;
	/** No handshake: refused, reset, or given up. */
	failed(refusal: Refusal | null): void;
}

export interface Refusal {
	readonly status: number;
	readonly retryAfterMs: number | null;
}

export type Sent = string | Uint8Array;

/** Bytes of a close frame, about. */
const CLOSE_BYTES = 8;
/** As long as `ws` waits for the other side of a closing handshake. */
const CLOSING_MS = 30_000;

/** One connection after its dial has reached the host. */
export class Connection implements Traffic, ServerSocket {
	readonly #route: Route;
	readonly #client: ClientEnd;
	readonly #up: Pipe;
	readonly #down: Pipe;
	#server: "none" | "open" | "closing" | "closed" = "none";
	#link: ServerLink | null = null;
	#closing: Disposable | null = null;

	constructor(route: Route, client: ClientEnd) {
		this.#route = route;
		this.#client = client;
		this.#up = new Pipe(route.up, () => this.reset());
		this.#down = new Pipe(route.down, () => this.reset());
		route.traffic.add(this);
	}

	// ── the client's side ────────────────────────────────────────────────────────────────────────
	get clientBuffered(): number {
		return this.#up.buffered;
	}

	/** TCP and TLS: so many round trips before the upgrade arrives. */
	shakeHands(roundTrips: number, upgrade: () => Upgrade, offered: readonly string[]): void {
		this.#up.send(0, () => {
			if (roundTrips > 1) {
				this.#down.send(0, () => this.shakeHands(roundTrips - 1, upgrade, offered));
				return;
			}
			this.#decide(upgrade(), offered);
		});
	}

	/** A host where nothing listens answers the first packet with a reset. */
	refuse(): void {
		this.#up.sendLast(() => this.#down.sendLast(() => this.#fail(null)));
	}

	sendUp(data: Sent): void {
		this.#up.send(data.length, () => this.#link?.message(data));
	}

	/** The client's half of a closing handshake: behind all that it has sent. */
	closeUp(code: number, reason: string): void {
		this.#up.send(CLOSE_BYTES, () => {
			const isAnswer = this.#server === "closing";
			this.#endLink(code);
			if (!isAnswer) this.#sendClose(code, reason);
		});
	}

	/** The client's program is gone, or wants no more of it: its kernel still sends what it has. */
	abandon(): void {
		this.#route.traffic.delete(this);
		this.#down.cut();
		this.#up.sendLast(() => this.#endLink(1006));
	}

	// ── the server's side: ServerSocket ──────────────────────────────────────────────────────────
	send(data: string): void {
		if (this.#server !== "open") return;
		this.#down.send(data.length, () => this.#client.received(data));
	}

	close(code: number, reason: string): void {
		if (this.#server !== "open") return;
		this.#server = "closing";
		this.#sendClose(code, reason);
		this.#closing = this.#route.up.clock.setTimeout(() => this.reset(), CLOSING_MS, "network");
	}

	bufferedBytes(): number {
		return this.#down.buffered;
	}

	// ── faults: Traffic ──────────────────────────────────────────────────────────────────────────
	reset(): void {
		this.#route.traffic.delete(this);
		this.#down.cut(() => this.#client.failed(null));
		this.#up.cut(() => this.#endLink(1006));
	}

	vanish(): void {
		this.#down.cut();
		this.#up.cut();
	}

	#decide(upgrade: Upgrade, offered: readonly string[]): void {
		if (upgrade.type === "hang") return;
		if (upgrade.type === "refuse") {
			const { status, retryAfterMs = null } = upgrade;
			this.#down.sendLast(() => this.#fail({ status, retryAfterMs }));
			return;
		}
		const protocol = upgrade.protocol ?? offered[0] ?? "";
		this.#down.send(0, () => this.#client.opened(protocol));
		this.#server = "open";
		this.#link = upgrade.open(this);
	}

	#fail(refusal: Refusal | null): void {
		this.#route.traffic.delete(this);
		this.#client.failed(refusal);
	}

	#sendClose(code: number, reason: string): void {
		this.#down.send(CLOSE_BYTES, () => {
			this.#route.traffic.delete(this);
			this.#client.closing(code, reason);
		});
	}

	#endLink(code: number): void {
		dispose(this.#closing);
		this.#closing = null;
		this.#server = "closed";
		const link = this.#link;
		this.#link = null;
		link?.closed(code);
	}
}
