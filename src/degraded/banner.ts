/*
 *            trouble for bannerAfterMs                        well again
 *    blank ─────────────────────────────▶ trouble of a kind ─────────────▶ restored
 *      ▲                                   │   │    ▲                        │
 *      │           closed, or all is read  │   ╰────╯ another kind           │ after 3 s,
 *      ╰───────────────────────────────────┴─────────────────────────────────╯ or not well
 *
 * No kind gives way before it was up for half a second. A dismissed one stays hidden until another
 * kind takes its place. A failed connection is "offline": nothing will come of itself.
 */
import type { Moment } from "../policy/moment.js";
import type { DegradedPolicy } from "../policy/policies.js";
import type { BannerView } from "./contract.js";

type Trouble = "reconnecting" | "degraded" | "offline";

/** Instants are monotonic. `since`: when this kind appeared. */
export interface ShownBanner {
	readonly kind: Trouble | "restored";
	readonly level: "info" | "warning" | "critical";
	readonly since: number;
	readonly retryAt: number | null;
	readonly pending: number | null;
}

/** What was seen last, and what is made of it. */
export interface BannerState extends BannerView {
	/** Up, or dismissed. */
	readonly kind: ShownBanner["kind"] | null;
	/** When it appeared. */
	readonly since: number;
	readonly isDismissed: boolean;
	/** When the present trouble began. */
	readonly troubledAt: number | null;
	readonly dueAt: number;
}

export type BannerInput =
	| { readonly type: "seen"; readonly view: BannerView }
	| { readonly type: "dismissed" | "ticked" };

export type BannerStep = readonly [BannerState, readonly never[]];

const NEVER = Number.POSITIVE_INFINITY;
const SHORTEST_MS = 500;
const RESTORED_MS = 3_000;
const NONE: readonly never[] = [];

export function initialBanner(): BannerState {
	return {
		status: "idle",
		mode: "normal",
		retryAt: null,
		pending: null,
		kind: null,
		since: 0,
		isDismissed: false,
		troubledAt: null,
		dueAt: NEVER,
	};
}

/** When to tick. */
export function dueAt(state: BannerState): number {
	return state.dueAt;
}

export function shown(state: BannerState): ShownBanner | null {
	const { kind, since } = state;
	if (kind === null || state.isDismissed) return null;
	const level = kind === "offline" ? "critical" : kind === "degraded" ? "warning" : "info";
	const retryAt = kind === "restored" ? null : state.retryAt;
	const pending = kind === "degraded" ? state.pending : null;
	return { kind, level, since, retryAt, pending };
}

export function transition(
	state: BannerState,
	input: BannerInput,
	policy: DegradedPolicy,
	{ now }: Moment,
): BannerStep {
	const view = input.type === "seen" ? input.view : state;
	const isDismissed = state.isDismissed || input.type === "dismissed";
	const next = settle({ ...state, ...view, isDismissed }, policy, now);
	const keys = Object.keys(next) as (keyof BannerState)[];
	return [keys.every((key) => next[key] === state[key]) ? state : next, NONE];
}

/** Every step that is due by now. */
function settle(state: BannerState, policy: DegradedPolicy, now: number): BannerState {
	const trouble = troubleOf(state, policy);
	const troubledAt = trouble === null ? null : (state.troubledAt ?? now);
	const [kind, dueAt] = follow({ ...state, troubledAt }, trouble, policy);
	if (kind === state.kind) return { ...state, troubledAt, dueAt: NEVER };
	if (now < dueAt) return { ...state, troubledAt, dueAt };
	return settle({ ...state, troubledAt, kind, since: now, isDismissed: false }, policy, now);
}

/** The kind that comes next, and when at the earliest. */
function follow(
	{ kind, since, troubledAt, status, mode }: BannerState,
	trouble: Trouble | null,
	{ bannerAfterMs }: DegradedPolicy,
): [BannerState["kind"], number] {
	// Less to show is no restoration: both the link and the promise must be whole again.
	const isWell = status === "connected" && mode === "normal";
	if (kind === null) return [trouble, (troubledAt ?? 0) + bannerAfterMs];
	if (kind === "restored") return [null, since + (isWell ? RESTORED_MS : SHORTEST_MS)];
	return [trouble ?? (isWell ? "restored" : null), since + SHORTEST_MS];
}

/** What is wrong. A first connect is no trouble; one after trouble that is still up is. */
function troubleOf(state: BannerState, { polling }: DegradedPolicy): Trouble | null {
	const { status, mode, kind } = state;
	if (status === "failed") return "offline";
	if (status === "idle" || status === "closed") return null;
	if (mode === "offline") return mode;
	// Everything was loaded: until something waits again, there is nothing to say.
	if (mode === "degraded") return polling === "manual" && state.pending === 0 ? null : mode;
	if (status === "connecting" && (kind === null || kind === "restored")) return null;
	return status === "connected" ? null : "reconnecting";
}
