/*
 * A shell and a world in miniature. Random histories are played to the machine, and every tick is
 * handed back for the properties to judge.
 */
import type { ConnectionEffect, ConnectionInput } from "../../src/connection/contract.js";
import {
	type ConnectionMachine,
	type ConnectionPolicy,
	dueAt,
	initial,
	transition,
} from "../../src/connection/machine.js";
import type { Endpoint } from "../../src/endpoint/endpoint.js";
import { RealtimeError } from "../../src/errors/realtime-error.js";

/** What the shell holds, and the earliest dial that the server allows. */
export interface World {
	readonly state: ConnectionMachine;
	readonly now: number;
	/** Dial ids of the transports that are open or opening, and whether they were welcomed. */
	readonly held: ReadonlyMap<number, "dialing" | "live">;
	readonly lastDialId: number;
	readonly earliest: number;
}

export interface Tick {
	readonly before: World;
	readonly input: ConnectionInput;
	readonly orders: readonly ConnectionEffect[];
	readonly after: World;
}

export const ENDPOINTS: readonly Endpoint[] = [
	{ url: "wss://a.example" },
	{ url: "wss://b.example" },
	{ url: "wss://c.example" },
];

const error = (code: ConstructorParameters<typeof RealtimeError>[0]): RealtimeError =>
	new RealtimeError(code, code);
const LOST = error("connection-lost");
const TIMEOUT = error("connect-timeout");
const OVERLOADED = error("overloaded");
const FORBIDDEN = error("forbidden");

/** One happening is one number: what it is, how long after the last one, and all its chances. */
export function play(
	history: readonly number[],
	policy: ConnectionPolicy,
	endpoints = ENDPOINTS,
): Tick[] {
	const held = new Map<number, "dialing" | "live">();
	let world: World = { state: initial(endpoints), now: 0, held, lastDialId: 0, earliest: 0 };
	return history.map((code) => {
		const tick = happen(world, code, policy);
		world = tick.after;
		return tick;
	});
}

function happen(before: World, code: number, policy: ConnectionPolicy): Tick {
	const random = cheapRandom(code);
	const input = pick(before, random);
	const due = dueAt(before.state);
	const passedMs = random() < 0.3 ? random() * 60_000 : random() * 3_000;
	const isDue = input.type === "ticked" && random() < 0.8 && Number.isFinite(due);
	const now = isDue ? Math.max(due, before.now) : before.now + passedMs;
	const [state, orders] = transition(before.state, input, policy, { now, random });
	const earliest = Math.max(before.earliest, now + toldMs(before, input));
	const after = orders.reduce(obey, { ...before, state, now, earliest });
	return { before, input, orders, after: greeted(before, input, after) };
}

/** Two draws in three concern a link that is held, and three in ten are the tick that is due. */
function pick({ state, held, lastDialId }: World, random: () => number): ConnectionInput {
	const roll = random();
	if (roll < 0.3) return { type: "ticked" };
	const ids = [...held.keys()];
	const dialId =
		random() < 0.9 && ids.length > 0
			? (ids[Math.floor(random() * ids.length)] as number)
			: lastDialId - Math.floor(random() * 4);
	if (roll < 0.8) return pickDialFact(dialId, random);
	// Mostly running: a client that is closed has nothing to tell.
	if (state.status === "idle" || state.status === "closed" || state.status === "failed")
		return { type: "connect-requested" };
	return pickRequest(random);
}

function pickDialFact(dialId: number, random: () => number): ConnectionInput {
	const roll = random();
	const ms = Math.floor(random() * 120_000);
	if (roll < 0.1) return { type: "opened", dialId };
	if (roll < 0.13) return { type: "token-awaited", dialId };
	if (roll < 0.45)
		return {
			type: "welcomed",
			dialId,
			windowMs: random() < 0.5 ? 0 : ms,
			maxAgeMs: random() < 0.5 ? 0 : ms,
		};
	if (roll < 0.6) return { type: "settled", dialId };
	if (roll < 0.72)
		return {
			type: "goodbye-received",
			dialId,
			reason: "drain",
			deadlineMs: ms,
			windowMs: Math.floor(random() * 60_000),
			endpoints: random() < 0.5 ? [] : ["wss://b.example", "wss://evil.example"],
		};
	return { type: "lost", dialId, ...pickLoss(ms, random) };
}

function pickLoss(ms: number, random: () => number) {
	const causes = [LOST, LOST, LOST, LOST, TIMEOUT, TIMEOUT, OVERLOADED];
	const isFinal = random() < 0.03;
	return {
		cause: isFinal ? FORBIDDEN : (causes[Math.floor(random() * causes.length)] as RealtimeError),
		blame: random() < 0.8 ? ("endpoint" as const) : ("nobody" as const),
		isAnnounced: random() < 0.2,
		...(random() < 0.2 && { windowMs: ms }),
		...(random() < 0.2 && { retryAfterMs: ms * (random() < 0.1 ? 100 : 1) }),
	};
}

function pickRequest(random: () => number): ConnectionInput {
	const roll = random();
	const windowMs = random() < 0.5 ? 0 : Math.floor(random() * 60_000);
	if (roll < 0.05) return { type: "close-requested" };
	if (roll < 0.15) return { type: "connect-requested" };
	if (roll < 0.35) return { type: "woken", reason: "online" };
	if (roll < 0.5) return { type: "reconnect-requested", reason: "app" };
	if (roll < 0.65) return { type: "migrate-requested", reason: "dns", windowMs };
	if (roll < 0.8) return { type: "realtime-reported", windowMs };
	const count = Math.floor(random() * 4);
	return { type: "endpoints-changed", endpoints: rotate(ENDPOINTS, random).slice(0, count) };
}

function rotate<T>(list: readonly T[], random: () => number): readonly T[] {
	const at = Math.floor(random() * list.length);
	return [...list.slice(at), ...list.slice(0, at)];
}

function obey(world: World, order: ConnectionEffect): World {
	switch (order.type) {
		case "dial": {
			const held = new Map(world.held).set(order.dialId, "dialing");
			return { ...world, held, lastDialId: Math.max(world.lastDialId, order.dialId) };
		}
		case "hang-up": {
			const held = new Map(world.held);
			held.delete(order.dialId);
			return { ...world, held };
		}
		case "greet":
		case "adopt":
		case "report":
			return world;
		default:
			return order satisfies never;
	}
}

function greeted(before: World, input: ConnectionInput, after: World): World {
	if (input.type !== "welcomed" || before.held.get(input.dialId) !== "dialing") return after;
	return { ...after, held: new Map(after.held).set(input.dialId, "live") };
}

/** Whether the fact is about a link that the shell does not hold. */
export const isOver = ({ held }: World, input: ConnectionInput): boolean =>
	"dialId" in input && !held.has(input.dialId);

function toldMs(world: World, input: ConnectionInput): number {
	if (input.type !== "lost" || isOver(world, input)) return 0;
	return Math.min(input.retryAfterMs ?? 0, 600_000);
}

/** Good enough to choose by, and cheap: seededRandom() takes longer to start than a history to play. */
function cheapRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
