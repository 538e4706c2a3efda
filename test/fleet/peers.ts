/*
 * What other clients do after a loss, as their sources or documents say: the delay before each redial.
 * Pure schedules, not their clients: vendor defaults, one endpoint, and a count that a welcome resets.
 */
import type { Clients, Ground, Recruit } from "../../src/testing/fleet/clients.js";

export interface Redial {
	/** 1 for the first after the loss. */
	readonly attempt: number;
	/** Since the loss. */
	readonly outageMs: number;
	readonly random: () => number;
}
export type Schedule = (redial: Redial) => number;

/**
 * Factor 2 from 1,000 ms, half of it jitter, cut off at 5,000 ms after the jitter.
 * github.com/socketio/socket.io, packages/socket.io-client/lib/contrib/backo2.ts at 7f78747, with the
 * defaults of lib/manager.ts: reconnectionDelay 1000, reconnectionDelayMax 5000, randomizationFactor 0.5.
 */
export const socketIo: Schedule = ({ attempt, random }) => {
	const ms = 1_000 * 2 ** (attempt - 1);
	const rand = random();
	const deviation = Math.floor(rand * 0.5 * ms);
	const jittered = (Math.floor(rand * 10) & 1) === 0 ? ms - deviation : ms + deviation;
	return Math.min(jittered, 5_000) | 0;
};

/**
 * 3,000 ms, growing by 1.3 up to 10,000 ms, no jitter: github.com/cloudflare/partykit,
 * packages/partysocket/src/ws.ts, `_getNextDelay` at 3ed3bf0. That version draws the 3,000 once a page from
 * 1,000 to 5,000; 1.3, of which we measured 3,009 to 3,018 ms, does so no more.
 */
export const partysocket: Schedule = ({ attempt }) =>
	Math.min(3_000 * 1.3 ** (attempt - 1), 10_000);

/** A table, no jitter: github.com/phoenixframework/phoenix, assets/js/phoenix/socket.js, `reconnectAfterMs` at 015d814. */
export const phoenix: Schedule = ({ attempt }) =>
	[10, 50, 100, 150, 200, 250, 500, 1_000, 2_000][attempt - 1] ?? 5_000;

/**
 * At once; then 15 s × min((count + 2) ÷ 3, 2) × (1 − 0.2·random), which is Ably's specification RTB1; from
 * two minutes on "suspended", every 30 s, no jitter (RTN14e). github.com/ably/ably-js,
 * src/common/lib/transport/connectionmanager.ts, `notifyState`. Its fallback hosts are left out.
 */
export const ably: Schedule = ({ attempt, outageMs, random }) => {
	if (attempt === 1) return 0;
	if (outageMs >= 120_000) return 30_000;
	const ms = 15_000 * Math.min((attempt + 2) / 3, 2) * (1 - 0.2 * random());
	return outageMs + ms > 120_000 ? 150_000 - outageMs : ms;
};

/** "Full Jitter" of M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015: base 1 s, the usual cap. */
export const fullJitter: Schedule = ({ attempt, random }) =>
	random() * Math.min(30_000, 1_000 * 2 ** (attempt - 1));

export const PEERS = {
	"socket.io": socketIo,
	partysocket,
	phoenix,
	ably,
	"AWS full jitter, cap 30 s": fullJitter,
} as const satisfies Record<string, Schedule>;

/** Clients that know a schedule and nothing else. */
export function scheduledClients(clients: number, schedule: Schedule): Recruit {
	return (ground) => new ScheduledClients(clients, schedule, ground);
}

class ScheduledClients implements Clients {
	readonly #schedule: Schedule;
	readonly #ground: Ground;
	readonly #dueAt: Float64Array;
	readonly #lostAt: Float64Array;
	readonly #attempts: Uint32Array;
	readonly #dials: Int32Array;

	constructor(clients: number, schedule: Schedule, ground: Ground) {
		this.#schedule = schedule;
		this.#ground = ground;
		this.#dueAt = new Float64Array(clients).fill(Number.POSITIVE_INFINITY);
		this.#lostAt = new Float64Array(clients);
		this.#attempts = new Uint32Array(clients);
		this.#dials = new Int32Array(clients).fill(1);
	}

	dueAt(client: number): number {
		return this.#dueAt[client] as number;
	}

	tick(client: number): void {
		this.#dueAt[client] = Number.POSITIVE_INFINITY;
		const dialId = (this.#dials[client] as number) + 1;
		this.#dials[client] = dialId;
		this.#ground.dial(client, dialId, 0);
	}

	start(client: number, now: number): void {
		this.#lostAt[client] = now;
		this.tick(client);
	}

	welcomed(client: number, dialId: number): void {
		this.#attempts[client] = 0;
		this.#ground.adopt(client, dialId);
	}

	lost(client: number, _dialId: number, _loss: unknown, now: number): void {
		const attempt = (this.#attempts[client] as number) + 1;
		this.#attempts[client] = attempt;
		if (attempt === 1) this.#lostAt[client] = now;
		const outageMs = now - (this.#lostAt[client] as number);
		const { random } = this.#ground;
		this.#dueAt[client] = now + this.#schedule({ attempt, outageMs, random });
	}

	/** None of them knows such a thing. */
	goodbye(): void {}
}
