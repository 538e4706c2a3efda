import { describe, expect, it } from "vitest";
import {
	type BannerInput,
	dueAt,
	initialBanner,
	type ShownBanner,
	shown,
	transition,
} from "../../src/degraded/banner.js";
import type { BannerView } from "../../src/degraded/contract.js";
import { DEGRADED } from "../../src/policy/policies.js";
import { seededRandom } from "../../src/testing/seeded-random.js";

const HISTORIES = 100_000;
const MOVES = 9;

type Kind = ShownBanner["kind"] | null;
/** What was looked at, and what was shown from then on. */
interface Moment {
	readonly at: number;
	readonly view: BannerView;
	readonly kind: Kind;
	readonly isDismissal: boolean;
}
/** One banner, or one time without. */
interface Spell {
	readonly kind: Kind;
	readonly lastedMs: number;
	/** What ended it. */
	readonly end: Moment;
	/** All that was until then, it included. */
	readonly past: readonly Moment[];
}

const STATUSES = [
	"connecting",
	"connected",
	"connected",
	"reconnecting",
	"failed",
	"closed",
] as const;
const MODES = ["normal", "normal", "degraded", "offline"] as const;
const PAUSES = [0, 1, 100, 400, 499, 500, 1_000, 1_999, 2_000, 2_500, 3_000, 7_000];

/** Looks and dismissals at random instants, ticks at `dueAt`, one in four late. */
function live(random: () => number): Moment[] {
	const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
	const moments: Moment[] = [];
	let state = initialBanner();
	let view: BannerView = { status: "connected", mode: "normal", retryAt: null, pending: null };
	let now = 0;
	const move = (input: BannerInput, at: number): void => {
		now = at;
		state = transition(state, input, DEGRADED, { now, random })[0];
		const kind = shown(state)?.kind ?? null;
		moments.push({ at, view, kind, isDismissal: input.type === "dismissed" });
	};
	move({ type: "seen", view }, 0);
	for (let left = MOVES; left > 0; left--) {
		const until = now + pick(PAUSES);
		while (dueAt(state) <= until)
			move({ type: "ticked" }, random() < 0.25 ? until : Math.max(dueAt(state), now));
		const isDismissal = random() < 0.1;
		if (!isDismissal) view = { ...view, status: pick(STATUSES), mode: pick(MODES) };
		move(isDismissal ? { type: "dismissed" } : { type: "seen", view }, until);
	}
	return moments;
}

function spells(moments: readonly Moment[]): Spell[] {
	const found: Spell[] = [];
	let begun = moments[0] as Moment;
	moments.forEach((end, at) => {
		if (end.kind === begun.kind) return;
		const past = moments.slice(0, at + 1);
		found.push({ kind: begun.kind, lastedMs: end.at - begun.at, end, past });
		begun = end;
	});
	return found;
}

const isWell = ({ status, mode }: BannerView): boolean =>
	status === "connected" && mode === "normal";
const isCalm = ({ status, mode }: BannerView): boolean =>
	status === "closed" || (mode === "normal" && (status === "connected" || status === "connecting"));

const RULES: Record<string, (spell: Spell) => boolean> = {
	"no kind is up for less than half a second, unless it is dismissed": ({ kind, lastedMs, end }) =>
		kind === null || end.isDismissal || lastedMs >= 500,

	"restored is up for three seconds, unless all is not well again": (spell) =>
		spell.kind !== "restored" ||
		spell.end.isDismissal ||
		spell.lastedMs >= 3_000 ||
		!isWell(spell.end.view),

	"restored follows a banner of trouble, shown or dismissed": ({ kind, end, past }) =>
		end.kind !== "restored" || kind !== null || past.some(({ isDismissal }) => isDismissal),

	// What was dismissed as one kind may come back at once as another.
	"trouble breaks a silence only when it has lasted for two seconds": ({ kind, end, past }) =>
		kind !== null ||
		past.some(({ isDismissal }) => isDismissal) ||
		since(past, end.at - DEGRADED.bannerAfterMs).every(({ view }) => !isCalm(view)),
};

/** What was in sight at an instant and after it. */
function since(past: readonly Moment[], instant: number): readonly Moment[] {
	const first = past.findLastIndex(({ at }) => at <= instant);
	return past.slice(Math.max(first, 0));
}

function faults(spell: Spell): string[] {
	const broken = Object.entries(RULES).filter(([, holds]) => !holds(spell));
	return broken.map(([name]) => `${name}: ${JSON.stringify(spell)}`);
}

describe(`in ${HISTORIES.toLocaleString("en")} random histories`, () => {
	it("nothing flickers, and every kind has its turn", () => {
		const random = seededRandom(14);
		const seen = { reconnecting: 0, degraded: 0, offline: 0, restored: 0 };
		const broken: string[] = [];
		for (let left = HISTORIES; left > 0; left--) {
			for (const spell of spells(live(random))) {
				if (spell.kind !== null) seen[spell.kind]++;
				broken.push(...faults(spell));
			}
		}
		expect(broken.slice(0, 1)).toEqual([]);
		for (const [kind, count] of Object.entries(seen))
			expect(count, kind).toBeGreaterThan(HISTORIES / 20);
	});
});
