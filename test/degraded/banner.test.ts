import { describe, expect, it } from "vitest";
import {
	type BannerInput,
	type BannerState,
	dueAt,
	initialBanner,
	type ShownBanner,
	shown,
	transition,
} from "../../src/degraded/banner.js";
import type { BannerView } from "../../src/degraded/contract.js";
import { DEGRADED } from "../../src/policy/policies.js";

const NOW = 1_000_000;
const CALM = { retryAt: null, pending: null };

type Row = ShownBanner["kind"] | "blank" | "in grace" | "dismissed";
type Sight = BannerView["status"] | `${"connected" | "reconnecting"}, ${"degraded" | "offline"}`;
type Column = Sight | "dismissed";

// Complete by type: a new status does not compile until it has its sample here.
const VIEWS: Record<Sight, BannerView> = {
	idle: { ...CALM, status: "idle", mode: "normal" },
	connecting: { ...CALM, status: "connecting", mode: "normal" },
	connected: { ...CALM, status: "connected", mode: "normal" },
	reconnecting: { ...CALM, status: "reconnecting", mode: "normal" },
	failed: { ...CALM, status: "failed", mode: "normal" },
	closed: { ...CALM, status: "closed", mode: "normal" },
	"connected, degraded": { ...CALM, status: "connected", mode: "degraded" },
	"connected, offline": { ...CALM, status: "connected", mode: "offline" },
	"reconnecting, degraded": { ...CALM, status: "reconnecting", mode: "degraded" },
	"reconnecting, offline": { ...CALM, status: "reconnecting", mode: "offline" },
};

const well = see(initialBanner(), "connected", 0);
const upSince = (sight: Sight, at: number): BannerState =>
	see(see(well, sight, at - 2_000), sight, at);

// What is up in them is so since NOW; the table looks a second later.
const STATES: Record<Row, BannerState> = {
	blank: well,
	"in grace": see(well, "reconnecting", NOW),
	reconnecting: upSince("reconnecting", NOW),
	degraded: upSince("reconnecting, degraded", NOW),
	offline: upSince("reconnecting, offline", NOW),
	restored: see(upSince("reconnecting", NOW - 500), "connected", NOW),
	dismissed: act(upSince("reconnecting", NOW), { type: "dismissed" }, NOW),
};

const rows = Object.keys(STATES) as Row[];
const columns = [...Object.keys(VIEWS), "dismissed"] as Column[];
const cells = rows.flatMap((row) => columns.map((column) => ({ row, column })));

// Complete by type: what is shown then, and for how long unless something else is seen.
const TROUBLE = {
	idle: "nothing",
	connecting: "reconnecting",
	connected: "restored for 3000 ms",
	reconnecting: "reconnecting",
	failed: "offline",
	closed: "nothing",
	"connected, degraded": "degraded",
	"connected, offline": "offline",
	"reconnecting, degraded": "degraded",
	"reconnecting, offline": "offline",
	dismissed: "nothing",
};
const GRACE = "nothing for 2000 ms";
const TABLE: Record<Row, Record<Column, string>> = {
	blank: {
		idle: "nothing",
		connecting: "nothing",
		connected: "nothing",
		reconnecting: GRACE,
		failed: GRACE,
		closed: "nothing",
		"connected, degraded": GRACE,
		"connected, offline": GRACE,
		"reconnecting, degraded": GRACE,
		"reconnecting, offline": GRACE,
		dismissed: "nothing",
	},
	"in grace": {
		idle: "nothing",
		connecting: "nothing",
		connected: "nothing",
		reconnecting: "nothing for 1000 ms",
		failed: "nothing for 1000 ms",
		closed: "nothing",
		"connected, degraded": "nothing for 1000 ms",
		"connected, offline": "nothing for 1000 ms",
		"reconnecting, degraded": "nothing for 1000 ms",
		"reconnecting, offline": "nothing for 1000 ms",
		dismissed: "nothing for 1000 ms",
	},
	reconnecting: TROUBLE,
	degraded: TROUBLE,
	offline: TROUBLE,
	restored: {
		idle: "nothing",
		connecting: "nothing",
		connected: "restored for 2000 ms",
		reconnecting: GRACE,
		failed: GRACE,
		closed: "nothing",
		"connected, degraded": GRACE,
		"connected, offline": GRACE,
		"reconnecting, degraded": GRACE,
		"reconnecting, offline": GRACE,
		dismissed: "nothing for 2000 ms",
	},
	// Another kind shows again; the same one, and "connecting" is the same, stays hidden.
	dismissed: { ...TROUBLE, connecting: "nothing", reconnecting: "nothing" },
};

describe("every sight on every banner, a second after it appeared", () => {
	it.each(cells)("$row × $column", ({ row, column }) => {
		const then = NOW + 1_000;
		const next =
			column === "dismissed"
				? act(STATES[row], { type: "dismissed" }, then)
				: see(STATES[row], column, then);
		expect(inWords(next)).toBe(TABLE[row][column]);
	});

	it("changes nothing when it sees the same, or a tick comes early", () => {
		const seen = act(well, { type: "seen", view: { ...VIEWS.connected } }, NOW);
		expect(seen).toBe(well);
		for (const row of rows)
			expect(act(STATES[row], { type: "ticked" }, NOW), row).toBe(STATES[row]);
	});
});

describe("a blip", () => {
	it("shows nothing when it is over within the grace", () => {
		const lost = see(well, "reconnecting", NOW);
		expect(shown(see(lost, "connected", NOW + 1_999))).toBeNull();
		expect(shown(act(lost, { type: "ticked" }, NOW + 1_999))).toBeNull();
		expect(shown(act(lost, { type: "ticked" }, NOW + 2_000))).toMatchObject({ since: NOW + 2_000 });
	});

	it("does not begin anew when the trouble becomes another", () => {
		const worse = see(see(well, "reconnecting", NOW), "reconnecting, offline", NOW + 1_500);
		expect(shown(act(worse, { type: "ticked" }, NOW + 2_000))?.kind).toBe("offline");
	});

	it("begins anew when all was well in between", () => {
		const again = see(
			see(see(well, "reconnecting", NOW), "connected", NOW + 1_900),
			"reconnecting",
			NOW + 1_950,
		);
		expect(dueAt(again)).toBe(NOW + 3_950);
	});
});

describe("a banner that is up", () => {
	it("stays for half a second, whatever comes", () => {
		const back = see(STATES.reconnecting, "connected", NOW + 100);
		expect([shown(back)?.kind, dueAt(back)]).toEqual(["reconnecting", NOW + 500]);
		expect(shown(act(back, { type: "ticked" }, NOW + 500))?.kind).toBe("restored");
	});

	it("becomes restored for three seconds, then nothing", () => {
		expect(inWords(act(STATES.restored, { type: "ticked" }, NOW + 2_999))).toContain("restored");
		expect(shown(act(STATES.restored, { type: "ticked" }, NOW + 3_000))).toBeNull();
	});

	it("goes without a word when the client is closed: nothing was restored", () => {
		const closed = see(STATES.offline, "closed", NOW + 1_000);
		expect(shown(closed)).toBeNull();
		expect(shown(see(closed, "connected", NOW + 2_000))).toBeNull();
	});

	it("stays hidden once dismissed, until its kind changes", () => {
		const hidden = see(STATES.dismissed, "reconnecting", NOW + 60_000);
		expect(shown(hidden)).toBeNull();
		expect(shown(see(hidden, "reconnecting, degraded", NOW + 60_000))?.kind).toBe("degraded");
	});

	it("shows in the next outage what was dismissed in this one", () => {
		const calm = act(
			see(STATES.dismissed, "connected", NOW + 1_000),
			{ type: "ticked" },
			NOW + 9_000,
		);
		const lost = see(calm, "reconnecting", NOW + 10_000);
		expect(shown(act(lost, { type: "ticked" }, NOW + 12_000))?.kind).toBe("reconnecting");
	});
});

describe("what it says", () => {
	const view: BannerView = { status: "reconnecting", mode: "degraded", retryAt: 7, pending: 3 };
	const say = (seen: Partial<BannerView>): ShownBanner | null =>
		shown(act(STATES.degraded, { type: "seen", view: { ...view, ...seen } }, NOW + 1_000));

	it("is how bad it is, since when, when the next dial is due and how much waits", () => {
		const said = { level: "warning", retryAt: 7, pending: 3 };
		expect(say({})).toEqual({ kind: "degraded", since: NOW, ...said });
		expect(say({ mode: "offline" })).toMatchObject({
			level: "critical",
			retryAt: 7,
			pending: null,
		});
		expect(say({ mode: "normal" })).toMatchObject({ level: "info", retryAt: 7, pending: null });
		expect(say({ status: "connected", mode: "normal" })).toMatchObject({
			level: "info",
			retryAt: null,
			pending: null,
		});
	});

	it("is offline and critical when the connection has failed for good", () => {
		expect(say({ status: "failed", mode: "normal" })).toMatchObject({
			kind: "offline",
			level: "critical",
		});
	});

	it("is nothing in manual polling once all is loaded, until something waits again", () => {
		const manual = { ...DEGRADED, polling: "manual" } as const;
		const look = (state: BannerState, pending: number | null, now: number): BannerState =>
			transition(state, { type: "seen", view: { ...view, pending } }, manual, { now, random })[0];
		const loaded = look(STATES.degraded, 0, NOW + 1_000);
		expect(shown(loaded)).toBeNull();
		const more = look(loaded, 2, NOW + 5_000);
		expect(shown(look(more, 2, NOW + 7_000))).toMatchObject({ kind: "degraded", pending: 2 });
		expect(shown(look(STATES.degraded, null, NOW + 1_000))?.kind).toBe("degraded");
		expect(say({ pending: 0 })).toMatchObject({ kind: "degraded" });
	});
});

const random = (): number => 0;
function inWords(state: BannerState): string {
	const kind = shown(state)?.kind ?? "nothing";
	const due = dueAt(state);
	return due === Number.POSITIVE_INFINITY ? kind : `${kind} for ${due - NOW - 1_000} ms`;
}

function see(state: BannerState, sight: Sight, now: number): BannerState {
	return act(state, { type: "seen", view: VIEWS[sight] }, now);
}

function act(state: BannerState, input: BannerInput, now: number): BannerState {
	return transition(state, input, DEGRADED, { now, random: () => 0 })[0];
}
