/*
 * Whether a zone is well, by the share of its probes that failed. Two marks and two times, so that what
 * wavers does not flap; and whoever was faulty often has to be well for longer.
 *
 *            ≥ enterShare              for enterMs
 *    well ────────────────▶ suspect ──────────────▶ faulty ◀──────────╮
 *     ▲ ▲                     │                        │ ≤ leaveShare  │ > leaveShare
 *     │ ╰──── < enterShare ───╯                        ▼               │
 *     ╰────────── for leaveMs × 2^(faults − 1) ─── recovering ─────────╯
 */
import type { DrainPolicy, Health, ZoneHealth, ZoneSeen } from "./contract.js";

export const WELL: ZoneHealth = { health: { is: "well" }, faults: [] };

export function judge(
	{ health, faults }: ZoneHealth,
	{ asked, failed }: ZoneSeen,
	policy: DrainPolicy,
	now: number,
): ZoneHealth {
	const recent = faults.filter((at) => now - at < policy.flapMs);
	// Of too few nothing can be said: it stays what it is.
	if (asked < policy.fewestProbes) return { health, faults: recent };
	const next = turn(health, failed / asked, leaveMsOf(recent, policy), policy, now);
	const isNew = next.is === "faulty" && health.is === "suspect";
	return { health: next, faults: isNew ? [...recent, now] : recent };
}

/** How long a zone has to be well before it is believed. */
export function leaveMsOf(faults: readonly number[], policy: DrainPolicy): number {
	const doubled = policy.leaveMs * 2 ** Math.max(0, faults.length - 1);
	return Math.min(doubled, Math.max(policy.mostLeaveMs, policy.leaveMs));
}

export const isFaulty = ({ health: { is } }: ZoneHealth): boolean =>
	is === "faulty" || is === "recovering";

function turn(
	health: Health,
	share: number,
	leaveMs: number,
	{ enterShare, enterMs, leaveShare }: DrainPolicy,
	now: number,
): Health {
	switch (health.is) {
		case "well":
			return share >= enterShare ? { is: "suspect", since: now } : health;
		case "suspect":
			if (share < enterShare) return { is: "well" };
			return now - health.since >= enterMs ? { is: "faulty", since: now } : health;
		case "faulty":
			return share <= leaveShare ? { is: "recovering", since: now } : health;
		case "recovering":
			if (share > leaveShare) return { is: "faulty", since: now };
			return now - health.since >= leaveMs ? { is: "well" } : health;
		default:
			return health satisfies never;
	}
}
