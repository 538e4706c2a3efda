import { describe, expect, it } from "vitest";
import type { ConnectionMachine } from "../../src/connection/machine.js";
import { type ConnectionState, project } from "../../src/connection/projection.js";
import { BACKUP, connected, dialOf, FORBIDDEN, LOST, memory, PRIMARY } from "./samples.js";

const around = { offsetMs: 1_700_000_000_000, recovered: true, latencyMs: 12 };
const outage = { since: 5_000, attempt: 3 };
const since = 1_700_000_005_000;

type Row = ConnectionMachine["status"] | "redialing" | "on a backup";

// Complete by type: a new status does not compile until it has its sample here.
const SAMPLES: Record<Row, readonly [ConnectionMachine, ConnectionState]> = {
	idle: [{ ...memory, status: "idle" }, { status: "idle" }],
	connecting: [
		{ ...memory, status: "connecting", outage, dial: dialOf(7) },
		{ status: "connecting", attempt: 3, endpoint: PRIMARY.url, since },
	],
	connected: [
		connected({ since: 5_000 }),
		{
			status: "connected",
			endpoint: PRIMARY.url,
			role: "primary",
			since,
			recovered: true,
			latencyMs: 12,
		},
	],
	"on a backup": [
		connected({ since: 5_000, link: { dialId: 7, endpoint: BACKUP } }),
		{
			status: "connected",
			endpoint: BACKUP.url,
			role: "backup",
			since,
			recovered: true,
			latencyMs: 12,
		},
	],
	reconnecting: [
		{ ...memory, status: "reconnecting", outage, cause: LOST, retryAt: 6_000 },
		{ status: "reconnecting", attempt: 3, since, retryAt: 1_700_000_006_000, cause: LOST },
	],
	redialing: [
		{ ...memory, status: "reconnecting", outage, cause: LOST, retryAt: null, dial: dialOf(7) },
		{ status: "reconnecting", attempt: 3, since, retryAt: null, cause: LOST },
	],
	failed: [
		{ ...memory, status: "failed", cause: FORBIDDEN },
		{ status: "failed", cause: FORBIDDEN },
	],
	closed: [{ ...memory, status: "closed" }, { status: "closed" }],
};

describe("what an app sees", () => {
	it.each(Object.entries(SAMPLES))("%s", (_, [state, shown]) => {
		expect(project(state, around)).toStrictEqual(shown);
	});
});
