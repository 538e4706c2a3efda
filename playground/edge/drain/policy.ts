/* What the daemon holds to, unless told otherwise, and what would make no sense. */
import type { DrainPolicy } from "./contract.js";

/**
 * From a fault to a change in DNS: at most `probeTimeoutMs` until probes fail, a few of them until they are
 * enough of the window, `enterMs`: below 5 s. What is off by default is the automation: Slack drains by hand
 * on a coarse signal too, since parts of an ill region disagree about who is ill (June 30, 2021).
 */
export const DRAIN_POLICY: Omit<DrainPolicy, "ttlMs" | "acceptRate"> = {
	automation: "off",
	probeEveryMs: 250,
	probeTimeoutMs: 1_000,
	windowMs: 4_000,
	fewestProbes: 3,
	enterShare: 0.3,
	enterMs: 500,
	leaveShare: 0.1,
	leaveMs: 15_000,
	flapMs: 600_000,
	mostLeaveMs: 240_000,
	mostLoad: 0.8,
	pace: { stepPercent: 100, everyMs: 1_000 },
};

export function checkDrainPolicy(
	policy: Omit<DrainPolicy, "ttlMs" | "acceptRate">,
	fail: (why: string) => never,
): void {
	const { probeEveryMs, enterShare, leaveShare, mostLoad, pace } = policy;
	if (!(probeEveryMs >= 50)) fail("a drain's probes are 50 ms apart, at least.");
	if (!(leaveShare >= 0 && leaveShare < enterShare && enterShare <= 1))
		fail("a drain's marks are 0 ≤ leaveShare < enterShare ≤ 1: with one mark for both it flaps.");
	if (!(mostLoad > 0 && mostLoad <= 1)) fail("what a drain leaves is from 0 to 1 full.");
	if (!isStep(pace.stepPercent)) fail("a drain's steps are from 1 to 100 percent.");
}

export const isStep = (percent: number): boolean =>
	Number.isInteger(percent) && percent >= 1 && percent <= 100;
