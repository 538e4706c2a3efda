/*
 * Who may go on to the webapp: pure. On 2022-02-22 Slack's cold caches made boots so dear that they kept
 * the databases down; what helped was to throttle boots alone and to let them in again slowly, in steps.
 *
 *                 no slot was free, or hardly one
 *    calm ─────────────────────────────────────────▶ saturated      allowance ÷ 2, to 1 in 100
 *     ▲                                                   │
 *     ╰── the allowance is whole again ◀── easing ◀───────╯         allowance + 5 in 100, a second
 *
 * Boots take no more than their share of the slots, and of them no more than the allowance. All others
 * are refused only where there is no slot at all. An operator's order can lower the allowance, never raise it.
 */

/** What a client says of itself in `X-Client-Class`; who says nothing is a poll. */
export type RequestClass = "boot" | "resume" | "poll";

export interface AdmissionPolicy {
	/** Requests that the webapp may have at a time. */
	readonly slots: number;
	/** Of them, for boots at most. */
	readonly bootShare: number;
	/** Of the slots: from here on it is saturated. */
	readonly saturatedAt: number;
	/** How often the allowance may change. */
	readonly stepMs: number;
	readonly minAllowance: number;
	/** Added a step. */
	readonly recovery: number;
	/** Told to who is refused: at random between the two, so that they do not come back together. */
	readonly retryAfterMs: readonly [number, number];
}

export const ADMISSION_POLICY: AdmissionPolicy = {
	slots: 200,
	bootShare: 0.25,
	saturatedAt: 0.8,
	stepMs: 1_000,
	minAllowance: 0.01,
	recovery: 0.05,
	retryAfterMs: [5_000, 30_000],
};

export interface AdmissionState {
	readonly inFlight: Readonly<Record<RequestClass, number>>;
	/** Of boots, in [minAllowance, 1]. */
	readonly allowance: number;
	/** An operator's: 1 is none. */
	readonly order: number;
	readonly isPressed: boolean;
	readonly steppedAt: number;
}

export interface AdmissionMoment {
	readonly now: number;
	readonly random: () => number;
}

export type Verdict =
	| { readonly is: "admitted" }
	| {
			readonly is: "shed";
			readonly why: "allowance" | "share" | "full";
			readonly retryAfterMs: number;
	  };

export const OPEN: AdmissionState = {
	inFlight: { boot: 0, resume: 0, poll: 0 },
	allowance: 1,
	order: 1,
	isPressed: false,
	steppedAt: Number.NEGATIVE_INFINITY,
};

export function classOf(header: string | readonly string[] | undefined): RequestClass {
	return header === "boot" || header === "resume" ? header : "poll";
}

export function ask(
	state: AdmissionState,
	asks: RequestClass,
	policy: AdmissionPolicy,
	moment: AdmissionMoment,
): readonly [AdmissionState, Verdict] {
	const stepped = step(press(state, policy), policy, moment.now);
	const why = objection(stepped, asks, policy, moment);
	if (why === null) return [count(stepped, asks, 1), { is: "admitted" }];
	const [least, most] = policy.retryAfterMs;
	const retryAfterMs = Math.round(least + moment.random() * (most - least));
	const isPressed = stepped.isPressed || why !== "allowance";
	return [
		{ ...stepped, isPressed },
		{ is: "shed", why, retryAfterMs },
	];
}

export function done(state: AdmissionState, asked: RequestClass): AdmissionState {
	return count(state, asked, -1);
}

/** "Let one boot in ten through": 0.1. */
export function order(state: AdmissionState, allowance: number): AdmissionState {
	if (!(allowance >= 0 && allowance <= 1))
		throw new RangeError("An allowance is a number from 0 to 1.");
	return { ...state, order: allowance };
}

function objection(
	{ inFlight, allowance, order: ordered }: AdmissionState,
	asks: RequestClass,
	{ slots, bootShare }: AdmissionPolicy,
	{ random }: AdmissionMoment,
): "allowance" | "share" | "full" | null {
	if (total(inFlight) >= slots) return "full";
	if (asks !== "boot") return null;
	const allowed = Math.min(allowance, ordered);
	if (allowed < 1 && random() >= allowed) return "allowance";
	return inFlight.boot >= Math.floor(slots * bootShare) ? "share" : null;
}

function press(state: AdmissionState, { slots, saturatedAt }: AdmissionPolicy): AdmissionState {
	const isPressed = state.isPressed || total(state.inFlight) >= slots * saturatedAt;
	return isPressed === state.isPressed ? state : { ...state, isPressed };
}

/** Down at once, up a step at a time: what was shed comes back together. */
function step(state: AdmissionState, policy: AdmissionPolicy, now: number): AdmissionState {
	const { minAllowance, recovery, stepMs } = policy;
	if (now - state.steppedAt < stepMs) return state;
	const steps = Math.floor(Math.min(100, (now - state.steppedAt) / stepMs));
	const allowance = state.isPressed
		? Math.max(minAllowance, state.allowance / 2)
		: Math.min(1, state.allowance + recovery * steps);
	return { ...state, allowance, isPressed: false, steppedAt: now };
}

function count(state: AdmissionState, asked: RequestClass, by: 1 | -1): AdmissionState {
	const inFlight = { ...state.inFlight, [asked]: state.inFlight[asked] + by };
	return { ...state, inFlight };
}

const total = (inFlight: AdmissionState["inFlight"]): number =>
	inFlight.boot + inFlight.resume + inFlight.poll;
