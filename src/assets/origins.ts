/* What is remembered of each origin, over loads of the page too: a bad one is asked last for five minutes. */
import type { EpochMs } from "../policy/moment.js";

/** An origin as the loader sees it. */
export interface OriginStatus {
	/** Its URL, as it was given. */
	readonly origin: string;
	/** How often it failed since it last served a file that was right. */
	readonly failures: number;
	/** Until then the others are asked first; null: it is in good standing. */
	readonly avoidUntil: EpochMs | null;
}

/** What went wrong with one request. `missing`: that file alone is not there (403, 404, 410). `slow`: another overtook it. */
export type Failure =
	| "refused"
	| "timeout"
	| "slow"
	| "status"
	| "missing"
	| "mime"
	| "oversized"
	| "integrity";

type Known = readonly OriginStatus[];

export const AVOID_MS = 300_000;
/** One file that is missing says little of an origin; so many in a row say that it is not the place. */
const MISSING_AVOIDED = 3;

export function unknownOrigins(origins: readonly string[]): Known {
	return origins.map((origin) => ({ origin, failures: 0, avoidUntil: null }));
}

export function failed(known: Known, origin: string, failure: Failure, now: EpochMs): Known {
	return learn(known, origin, (before) => {
		const failures = before.failures + 1;
		const isBad = failure !== "missing" || failures >= MISSING_AVOIDED;
		return { ...before, failures, avoidUntil: isBad ? now + AVOID_MS : before.avoidUntil };
	});
}

/** A file that was asked for before the origin turned bad is no sign that it is well again. */
export function succeeded(known: Known, origin: string, askedAt: EpochMs): Known {
	return learn(known, origin, (before) => {
		const isOutdated = before.avoidUntil !== null && askedAt <= before.avoidUntil - AVOID_MS;
		const isNews = before.failures > 0 || before.avoidUntil !== null;
		return isOutdated || !isNews ? before : { ...before, failures: 0, avoidUntil: null };
	});
}

export function isAvoided({ avoidUntil }: OriginStatus, now: EpochMs): boolean {
	// Set further ahead than ever happens, it comes from a clock that has been set back since.
	return avoidUntil !== null && avoidUntil > now && avoidUntil <= now + AVOID_MS;
}

/** The good ones as given, then the bad ones, first who has been bad for longest. */
export function inOrder(known: Known, now: EpochMs): readonly string[] {
	const rank = (status: OriginStatus): number =>
		isAvoided(status, now) ? (status.avoidUntil ?? 0) : 0;
	return [...known].sort((a, b) => rank(a) - rank(b)).map(({ origin }) => origin);
}

/** What an earlier load stored, as far as it makes sense, of the origins that there are now. */
export function restored(origins: readonly string[], stored: unknown, now: EpochMs): Known {
	const list: readonly unknown[] = Array.isArray(stored) ? stored : [];
	return unknownOrigins(origins).map((fresh) => {
		const found = list.find((it) => (it as OriginStatus | null)?.origin === fresh.origin);
		const { failures, avoidUntil } = (found ?? fresh) as Partial<OriginStatus>;
		if (!Number.isSafeInteger(failures) || typeof avoidUntil !== "number") return fresh;
		const status = { ...fresh, failures: failures as number, avoidUntil };
		return isAvoided(status, now) ? status : fresh;
	});
}

function learn(
	known: Known,
	origin: string,
	change: (before: OriginStatus) => OriginStatus,
): Known {
	const next = known.map((status) => (status.origin === origin ? change(status) : status));
	return next.every((status, at) => status === known[at]) ? known : next;
}
