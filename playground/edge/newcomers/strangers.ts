/*
 * People who have not been here before, near one PoP: each dials once a second, and is gone when he is let in. His
 * resolver keeps an answer for its TTL, each its own, and they lapse one after the other: who comes last has asked right
 * before DNS changed. When that is, one more finds out who keeps nothing, and asks ten times a second.
 */
import type { Assembly } from "../assembly.js";
import { namesOf } from "../config.js";
import { type Resolve, resolving } from "../resolving.js";
import { WebSocket } from "../websockets.js";

export interface Answered {
	/** When it was asked for: monotonic. */
	readonly at: number;
	readonly address: string;
}

interface Kept {
	readonly askedAt: number;
	readonly addresses: readonly string[];
	readonly lapsesAt: number;
}

const EVERY_MS = 1_000;
const ASK_MS = 100;
const GIVE_UP_MS = 10_000;

export class Strangers {
	/** Of all of them. */
	readonly answers: Answered[] = [];
	/** Dials so far, and those of them that were not let in. */
	readonly dials = { all: 0, failed: 0 };
	readonly #edge: Assembly;
	readonly #from: string;
	readonly #resolve: Resolve;
	readonly #kept = new Map<number, Kept>();
	readonly #timers: NodeJS.Timeout[] = [];
	readonly #open = new Set<WebSocket>();

	/** `near`: a PoP. */
	constructor(edge: Assembly, near: string) {
		this.#edge = edge;
		const { dns, dohUrl } = edge.where.node;
		this.#resolve = resolving({ dns, dohUrl, hasAliases: edge.reach.hasAliases });
		this.#from = edge.pop(near).config.neighbourhood;
	}

	start(count: number): void {
		this.#timers.push(setInterval(() => void this.#ask().catch(() => undefined), ASK_MS));
		for (let each = 0; each < count; each++)
			this.#timers.push(
				setTimeout(
					() =>
						this.#timers.push(
							setInterval(() => void this.#dial(each, (each + 1) / count), EVERY_MS),
						),
					(each * EVERY_MS) / count,
				),
			);
	}

	/** When the oldest answer was asked for by which somebody may still dial. */
	get oldestAnswerAt(): number {
		return Math.min(...[...this.#kept.values()].map(({ askedAt }) => askedAt));
	}

	stop(): void {
		for (const timer of this.#timers) clearInterval(timer);
		for (const socket of this.#open) socket.terminate();
	}

	/** `phase`: which part of its TTL his first answer is kept. */
	async #dial(stranger: number, phase: number): Promise<void> {
		const addresses = await this.#addresses(stranger, phase).catch(() => []);
		const address = addresses[Math.floor(Math.random() * addresses.length)];
		if (address === undefined) return;
		const { reach, credentials, config } = this.#edge;
		const { host, port } = reach.of(address);
		const { primary } = namesOf(config);
		const socket = new WebSocket(`wss://${host}:${port}/`, "holdfast.v1", {
			...{ servername: primary, ca: credentials.authority, headers: { Host: primary } },
			handshakeTimeout: GIVE_UP_MS,
		});
		this.dials.all += 1;
		this.#open.add(socket);
		socket.on("open", () => socket.terminate());
		socket.on("error", () => {
			this.dials.failed += 1;
		});
		socket.on("close", () => this.#open.delete(socket));
	}

	async #addresses(stranger: number, phase: number): Promise<readonly string[]> {
		const kept = this.#kept.get(stranger);
		if (kept !== undefined && kept.lapsesAt > performance.now()) return kept.addresses;
		const askedAt = performance.now();
		const { addresses, ttlMs } = await this.#ask();
		const keptMs = kept === undefined ? ttlMs * phase : ttlMs;
		this.#kept.set(stranger, { askedAt, addresses, lapsesAt: performance.now() + keptMs });
		return addresses;
	}

	async #ask(): Promise<{ readonly addresses: readonly string[]; readonly ttlMs: number }> {
		const at = performance.now();
		const answers = await this.#resolve(namesOf(this.#edge.config).primary, this.#from);
		const addresses = answers.map(({ address }) => address);
		for (const address of addresses) this.answers.push({ at, address });
		return { addresses, ttlMs: Math.min(...answers.map((each) => each.ttlMs)) };
	}
}
