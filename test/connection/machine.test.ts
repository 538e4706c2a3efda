import { describe, expect, it } from "vitest";
import type { ConnectionEffect, ConnectionInput } from "../../src/connection/contract.js";
import {
	type ConnectionMachine,
	dueAt,
	type Step,
	transition,
} from "../../src/connection/machine.js";
import {
	BACKUP,
	connected,
	dialOf,
	FORBIDDEN,
	LOST,
	memory,
	NOW,
	POLICY,
	PRIMARY,
} from "./samples.js";

const outage = { since: 0, attempt: 1 };
const cause = LOST;
const link = { dialId: 7, endpoint: PRIMARY };
const move = { at: NOW - 1, reason: "age", hints: [], attempt: 0 };

type Row =
	| ConnectionMachine["status"]
	| "waiting"
	| "redialing"
	| "stable"
	| "moving"
	| "on a backup"
	| "replacing"
	| "failing back"
	| "retiring";
type Column =
	| ConnectionInput["type"]
	| "lost for good"
	| "deadline"
	| `successor ${"opened" | "welcomed" | "lost" | "lost for good"}`
	| "retiring link lost";

const redialing = { ...memory, outage, cause, status: "reconnecting" } as const;

// Complete by type: a new status or a new fact does not compile until it has its sample here.
const STATES: Record<Row, ConnectionMachine> = {
	idle: { ...memory, status: "idle" },
	connecting: { ...memory, status: "connecting", outage, dial: dialOf(7) },
	connected: connected({ outage, stableAt: NOW + 1 }),
	reconnecting: { ...redialing, retryAt: NOW + 900 },
	waiting: { ...redialing, retryAt: NOW - 1 },
	redialing: { ...redialing, retryAt: null, dial: dialOf(7) },
	stable: connected({}),
	moving: connected({ move }),
	"on a backup": connected({ link: { ...link, endpoint: BACKUP }, failBackAt: NOW - 1 }),
	replacing: connected({ dialId: 8, move, successor: dialOf(8) }),
	"failing back": connected({
		dialId: 8,
		link: { ...link, endpoint: BACKUP },
		successor: { ...dialOf(8), isFailBack: true },
	}),
	retiring: connected({ retiring: { dialId: 6, until: NOW + 5_000 } }),
	failed: { ...memory, status: "failed", cause: FORBIDDEN },
	closed: { ...memory, status: "closed" },
};

const lost = { type: "lost", dialId: 7, cause: LOST, blame: "endpoint" } as const;
const welcomed = { type: "welcomed", dialId: 7, windowMs: 0, maxAgeMs: 0 } as const;
const goodbye = { deadlineMs: 9_000, windowMs: 6_000, endpoints: [] } as const;

const INPUTS: Record<Column, ConnectionInput> = {
	"connect-requested": { type: "connect-requested" },
	"close-requested": { type: "close-requested" },
	ticked: { type: "ticked" },
	deadline: { type: "ticked" },
	"reconnect-requested": { type: "reconnect-requested", reason: "app" },
	woken: { type: "woken", reason: "online" },
	opened: { type: "opened", dialId: 7 },
	"token-awaited": { type: "token-awaited", dialId: 7 },
	welcomed,
	settled: { type: "settled", dialId: 7 },
	lost,
	"lost for good": { ...lost, cause: FORBIDDEN },
	"goodbye-received": { type: "goodbye-received", dialId: 7, reason: "drain", ...goodbye },
	"migrate-requested": { type: "migrate-requested", reason: "dns", windowMs: 4_000 },
	"endpoints-changed": { type: "endpoints-changed", endpoints: [BACKUP] },
	"realtime-reported": { type: "realtime-reported", windowMs: 0 },
	"successor opened": { type: "opened", dialId: 8 },
	"successor welcomed": { ...welcomed, dialId: 8 },
	"successor lost": { ...lost, dialId: 8 },
	"successor lost for good": { ...lost, dialId: 8, cause: FORBIDDEN },
	"retiring link lost": { ...lost, dialId: 6 },
};

const NEXT = "report connection-lost, hang-up 7, dial 8 b";
const WAIT = "reconnecting: report connection-lost, hang-up 7";
const REDIAL = "reconnecting: report app, hang-up 7, dial 8 a";
const FAILED = "failed: report forbidden, hang-up 7";
const CLOSED = "closed: report closed, hang-up 7";
const CLOSED_BOTH = "closed: report closed, hang-up 7, hang-up 8";
const LEAVING = "connected: report goodbye: drain";
const NEWS = "connected: nothing";

const whileLive = {
	"reconnect-requested": REDIAL,
	lost: WAIT,
	"lost for good": FAILED,
	"goodbye-received": LEAVING,
	"migrate-requested": NEWS,
	"close-requested": CLOSED,
	"endpoints-changed": NEWS,
};
const whileBoth = {
	"successor opened": "connected: greet 8",
	"successor welcomed": "connected: report migrated, adopt 8 for 7",
	"goodbye-received": LEAVING,
	"close-requested": CLOSED_BOTH,
	"endpoints-changed": NEWS,
	"lost for good": "failed: report forbidden, hang-up 7, hang-up 8",
	lost: "reconnecting: report connection-lost, hang-up 7",
	"reconnect-requested": "reconnecting: report app, hang-up 7",
	deadline: "connected: report no welcome in time, hang-up 8, dial 9 b",
	"successor lost": "connected: report connection-lost, hang-up 8, dial 9 b",
	"successor lost for good": "connected: report forbidden, hang-up 8",
};

// Status and orders that follow. A cell left out promises the very same state and no order.
const TABLE: Record<Row, { readonly [C in Column]?: string | undefined }> = {
	idle: {
		"connect-requested": "connecting: report connect, dial 8 a",
		"close-requested": "closed: report closed",
		"endpoints-changed": "idle: nothing",
	},
	connecting: {
		opened: "connecting: greet 7",
		"token-awaited": "connecting: nothing",
		welcomed: "connected: report connected, adopt 7",
		lost: `connecting: ${NEXT}`,
		"lost for good": FAILED,
		deadline: "connecting: report no welcome in time, hang-up 7, dial 8 b",
		woken: "connecting: nothing",
		"close-requested": CLOSED,
		"endpoints-changed": "connecting: nothing",
	},
	connected: { ...whileLive, deadline: NEWS },
	reconnecting: {
		"reconnect-requested": "reconnecting: report app",
		woken: "reconnecting: report online",
		"realtime-reported": "reconnecting: report realtime is up",
		deadline: "reconnecting: report redial, dial 8 a",
		"close-requested": "closed: report closed",
		"endpoints-changed": "reconnecting: nothing",
	},
	// It is due already, and nothing is sooner than that.
	waiting: {
		ticked: "reconnecting: report redial, dial 8 a",
		deadline: "reconnecting: report redial, dial 8 a",
		"close-requested": "closed: report closed",
		"endpoints-changed": "reconnecting: nothing",
	},
	redialing: {
		opened: "reconnecting: greet 7",
		"token-awaited": "reconnecting: nothing",
		welcomed: "connected: report connected, adopt 7",
		lost: `reconnecting: ${NEXT}`,
		"lost for good": FAILED,
		deadline: "reconnecting: report no welcome in time, hang-up 7, dial 8 b",
		woken: "reconnecting: nothing",
		"close-requested": CLOSED,
		"endpoints-changed": "reconnecting: nothing",
	},
	stable: whileLive,
	moving: {
		...whileLive,
		ticked: "connected: report age, dial 8 a",
		deadline: "connected: report age, dial 8 a",
		// It is planned sooner already.
		"migrate-requested": undefined,
	},
	"on a backup": {
		...whileLive,
		ticked: "connected: report fail-back, dial 8 a",
		deadline: "connected: report fail-back, dial 8 a",
		"reconnect-requested": "reconnecting: report app, hang-up 7, dial 8 a",
	},
	replacing: { ...whileBoth, "migrate-requested": undefined },
	"failing back": {
		...whileBoth,
		"migrate-requested": NEWS,
		deadline: "connected: report no welcome in time, hang-up 8",
		"successor lost": "connected: report connection-lost, hang-up 8",
	},
	retiring: {
		...whileLive,
		settled: "connected: report retired, hang-up 6",
		deadline: "connected: report retired, hang-up 6",
		"retiring link lost": "connected: report retired, hang-up 6",
		lost: "reconnecting: report connection-lost, hang-up 7, hang-up 6",
		"lost for good": "failed: report forbidden, hang-up 7, hang-up 6",
		"reconnect-requested": "reconnecting: report app, hang-up 7, hang-up 6, dial 8 a",
		"close-requested": "closed: report closed, hang-up 7, hang-up 6",
	},
	failed: {
		"connect-requested": "connecting: report connect, dial 8 a",
		"close-requested": "closed: report closed",
		"endpoints-changed": "failed: nothing",
	},
	closed: {
		"connect-requested": "connecting: report connect, dial 8 a",
		"endpoints-changed": "closed: nothing",
	},
};

const rows = Object.keys(STATES) as Row[];
const columns = Object.keys(INPUTS) as Column[];
const cells = rows.flatMap((row) => columns.map((column) => ({ row, column })));

describe("every fact in every state", () => {
	it.each(cells)("$row × $column", ({ row, column }) => {
		const state = STATES[row];
		const due = dueAt(state);
		const now = column === "deadline" && Number.isFinite(due) ? Math.max(NOW, due) : NOW;
		const [next, orders] = step(state, INPUTS[column], now);
		const told = orders.map(inWords).join(", ") || "nothing";
		const isUnmoved = next === state && orders.length === 0;
		expect(isUnmoved ? undefined : `${next.status}: ${told}`).toBe(TABLE[row][column]);
	});

	it.each(rows)("%s ignores all facts about a dial that is over", (row) => {
		for (const input of Object.values(INPUTS).filter((input) => "dialId" in input))
			expect(step(STATES[row], { ...input, dialId: 5 })).toEqual([STATES[row], []]);
	});

	it.each(rows)("%s ignores an empty list of endpoints, and one that it knows", (row) => {
		for (const endpoints of [[], [PRIMARY, BACKUP]])
			expect(step(STATES[row], { type: "endpoints-changed", endpoints })[0]).toBe(STATES[row]);
	});
});

function step(state: ConnectionMachine, input: ConnectionInput, now = NOW): Step {
	return transition(state, input, POLICY, { now, random: () => 0.5 });
}

function inWords(order: ConnectionEffect): string {
	switch (order.type) {
		case "dial":
			return `dial ${order.dialId} ${order.endpoint === PRIMARY ? "a" : "b"}`;
		case "greet":
		case "hang-up":
			return `${order.type} ${order.dialId}`;
		case "adopt":
			return `adopt ${order.dialId}${order.previous === null ? "" : ` for ${order.previous}`}`;
		case "report":
			return `report ${order.reason}`;
		default:
			return order satisfies never;
	}
}
