/*
 * E15: from a fault, or an order, until DNS leads nobody there any more, and until the last newcomer came, by the
 * servers' counts. Pure.
 */

/** All times monotonic, in ms. */
export interface Seen {
	readonly faultAt: number;
	/** Of DNS: when each was given, and whether it leads there. */
	readonly answers: readonly { readonly at: number; readonly leads: boolean }[];
	/** Sockets that servers there have accepted so far, when they were looked at. */
	readonly accepted: readonly { readonly at: number; readonly count: number }[];
}

export interface NewcomerFigures {
	/** Null: DNS led there to the end. */
	readonly dnsChangedAfterMs: number | null;
	/** 0: none came. */
	readonly lastNewcomerAfterMs: number;
	/** That came after the fault. */
	readonly newcomers: number;
	/** Answers that led elsewhere: what the first figure rests on. */
	readonly answersElsewhere: number;
}

export function figuresOf({ faultAt, answers, accepted }: Seen): NewcomerFigures {
	const since = answers.filter(({ at }) => at >= faultAt).sort((a, b) => a.at - b.at);
	const lastLed = since.findLastIndex(({ leads }) => leads);
	const changed = since[lastLed + 1];
	const before = accepted.findLast(({ at }) => at <= faultAt)?.count ?? 0;
	let [lastAt, count] = [faultAt, before];
	for (const look of accepted)
		if (look.at > faultAt && look.count > count) [lastAt, count] = [look.at, look.count];
	return {
		dnsChangedAfterMs: changed === undefined ? null : changed.at - faultAt,
		lastNewcomerAfterMs: lastAt - faultAt,
		newcomers: count - before,
		answersElsewhere: since.length - lastLed - 1,
	};
}

/** Until DNS has to lead elsewhere. */
export const CHANGE_WITHIN_MS = 5_000;

/** What is not as it must be, in words. */
export function failuresOf(figures: NewcomerFigures, ttlMs: number): readonly string[] {
	const { dnsChangedAfterMs, lastNewcomerAfterMs, answersElsewhere } = figures;
	const mostMs = CHANGE_WITHIN_MS + ttlMs;
	return [
		...(dnsChangedAfterMs === null || answersElsewhere === 0 ? ["DNS led there to the end"] : []),
		...((dnsChangedAfterMs ?? 0) > CHANGE_WITHIN_MS
			? [`DNS led there for ${dnsChangedAfterMs?.toFixed()} ms, not ${CHANGE_WITHIN_MS}`]
			: []),
		...(lastNewcomerAfterMs > mostMs
			? [`newcomers came for ${lastNewcomerAfterMs.toFixed()} ms, not ${mostMs}`]
			: []),
	];
}
