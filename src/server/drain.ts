/* Everybody is asked to leave, a few each second, so that those who take them in can keep up. */
import type { GoodbyeFrame } from "../protocol/frames.js";
import { MARGIN, type Roster } from "./roster.js";
import type { Settings } from "./settings.js";

const STEP_MS = 1_000;
/** What the last ones need to move: another dial, its welcome, its channels. */
const MOVE_MS = 10_000;

/** Resolves when the last has left; at the end of `withinMs` whoever is left is closed, to come back over W. */
export async function drain(
	{ withinMs, reason }: { readonly withinMs: number; readonly reason: GoodbyeFrame["reason"] },
	roster: Roster,
	settings: Settings,
): Promise<void> {
	const { clock } = settings;
	const endAt = clock.monotonic() + withinMs;
	roster.isDraining = true;
	// Who was not admitted yet has nothing to move.
	for (const door of [...roster.doors]) if (!door.isAdmitted) door.close(1012, roster.windowReason);
	const emptied = new AbortController();
	roster.whenEmpty(() => emptied.abort());
	const waiting = [...roster.sessions];
	const steps = planSteps(waiting.length, withinMs, settings.acceptRate);
	for (let begin = 0; begin < waiting.length && !emptied.signal.aborted; begin += steps.size) {
		const leftMs = endAt - clock.monotonic();
		if (leftMs <= 0) break;
		for (const session of waiting.slice(begin, begin + steps.size))
			if (session.isOpen) session.goodbye(reason, leftMs, Math.min(steps.ms, leftMs));
		await pause(Math.min(steps.ms, leftMs));
	}
	await pause(endAt - clock.monotonic());
	roster.closeAll();

	async function pause(ms: number): Promise<void> {
		if (ms > 0) await clock.sleep(ms, emptied.signal).catch(() => undefined);
	}
}

/** As many at a time as can be taken in, over as much of the time as leaves the last ones some. */
export function planSteps(
	count: number,
	withinMs: number,
	acceptRate: number | null,
): { readonly size: number; readonly ms: number } {
	const spreadMs = Math.max(withinMs - MOVE_MS, withinMs / 2);
	const ms = Math.max(1, Math.min(STEP_MS, spreadMs));
	const even = Math.ceil((count * ms) / spreadMs) || 1;
	if (acceptRate === null) return { size: even, ms };
	// With the margin of W: a rate that is met exactly leaves no room for those who come back by themselves.
	const most = Math.max(1, Math.floor((acceptRate * ms) / 1_000 / MARGIN));
	return { size: Math.min(even, most), ms };
}
