/* States of the machine as tests begin with them: two endpoints, and seven dials behind us. */
import type { ConnectionMachine, ConnectionPolicy } from "../../src/connection/machine.js";
import type { Connected, Dial, Memory } from "../../src/connection/state.js";
import type { Endpoint } from "../../src/endpoint/endpoint.js";
import { preferPrimary, up } from "../../src/endpoint/filters.js";
import { toCandidates } from "../../src/endpoint/health.js";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { RECONNECT } from "../../src/policy/policies.js";

export const NOW = 1_000_000;
export const PRIMARY: Endpoint = { url: "wss://a.example", role: "primary" };
export const BACKUP: Endpoint = { url: "wss://b.example", role: "backup" };
export const POLICY: ConnectionPolicy = { ...RECONNECT, filters: [up(), preferPrimary()] };

export const LOST = new RealtimeError("connection-lost", "connection-lost");
export const FORBIDDEN = new RealtimeError("forbidden", "forbidden");
export const OVERLOADED = new RealtimeError("overloaded", "overloaded");

const [a, b] = toCandidates([PRIMARY, BACKUP]);
if (a === undefined || b === undefined) throw new Error("two candidates");

export const memory: Memory = {
	dialId: 7,
	// The very endpoints, so that a test can tell them by identity.
	candidates: [
		{ ...a, endpoint: PRIMARY },
		{ ...b, endpoint: BACKUP },
	],
	exhausted: false,
	announcedMs: null,
	windowMs: 0,
	notBefore: 0,
	slowRounds: 0,
	failBackAfter: 0,
};

/** To the primary, with 9 s left. */
export const dialOf = (dialId: number): Dial => ({
	dialId,
	endpoint: PRIMARY,
	deadlineAt: NOW + 9_000,
	tried: [],
	isSlow: true,
	isExcused: false,
	isLate: false,
	isFailBack: false,
});

/** A stable link to the primary with nothing planned. */
export function connected(change: Partial<Connected & Memory>): ConnectionMachine {
	return {
		...memory,
		status: "connected",
		link: { dialId: 7, endpoint: PRIMARY },
		since: 0,
		outage: null,
		stableAt: Number.POSITIVE_INFINITY,
		move: null,
		failBackAt: Number.POSITIVE_INFINITY,
		successor: null,
		retiring: null,
		...change,
	};
}
