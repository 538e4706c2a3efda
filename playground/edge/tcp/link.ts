/*
 * A connection that passes through here, both ways, byte for byte: its ends and resets too.
 *
 *               silence                    forget
 *    passing ◀──────────▶ silent      any ────────▶ half-open: the target's side is reset, the client's stays
 *               resume                              and what it sends is dropped; after `resume`, the next
 *                                                   byte is answered with a reset
 */
import type { Socket } from "node:net";
import { Lane } from "./lane.js";
import { reset } from "./reset.js";

export interface TcpLinkOptions {
	readonly client: Socket;
	readonly target: Socket;
	readonly delayMs?: () => number;
	/** Bytes that went out, up: to the target. */
	readonly moved?: (direction: "up" | "down", bytes: number) => void;
	/** Both sides are gone. */
	readonly ended?: () => void;
}

const AT_ONCE = (): number => 0;

export class TcpLink {
	readonly #client: Socket;
	readonly #target: Socket;
	readonly #lanes: readonly Lane[];
	#isForgotten = false;

	constructor(options: TcpLinkOptions) {
		const { client, target, delayMs = AT_ONCE, moved, ended } = options;
		this.#client = client;
		this.#target = target;
		const lane = (direction: "up" | "down", from: Socket, to: Socket): Lane =>
			new Lane({ from, to, delayMs, moved: (bytes) => moved?.(direction, bytes) });
		this.#lanes = [lane("up", client, target), lane("down", target, client)];
		for (const [socket, other] of [
			[client, target],
			[target, client],
		] as const)
			socket.on("close", () => {
				// Cut here, so that no end and no error has come through its lane.
				const isCut = !socket.readableEnded && socket.errored === null;
				if (isCut && !this.#isForgotten) reset(other);
				if (client.destroyed && target.destroyed) ended?.();
			});
		this.resume();
	}

	silence(): void {
		if (!this.#isForgotten) for (const lane of this.#lanes) lane.silence();
	}

	resume(): void {
		if (this.#isForgotten) this.#client.once("data", () => this.reset());
		else for (const lane of this.#lanes) lane.resume();
	}

	/** As a balancer does that has lost its table of flows. */
	forget(): void {
		this.#isForgotten = true;
		for (const lane of this.#lanes) lane.silence();
		reset(this.#target);
		this.#client.removeAllListeners("data").removeAllListeners("end").resume();
	}

	reset(): void {
		reset(this.#client);
		reset(this.#target);
	}
}
