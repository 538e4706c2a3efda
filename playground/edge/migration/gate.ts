/*
 * Whether the new arm fares as the old one does. Errors and latency alone don't say it: a proxy that drops half
 * of its users answers the other half quickly. So the users that say something are counted behind each side.
 */
import type { ArmSeen, Arms, MigrationPolicy } from "./contract.js";

/** What is wrong with the new arm, for people; empty: nothing, or nothing is known yet. */
export function faultsOf({ old, new: fresh }: Arms, policy: MigrationPolicy): readonly string[] {
	const isKnown = [old, fresh].every(({ asked }) => asked >= policy.fewestProbes);
	const areThere = [old, fresh].every(({ users }) => users >= policy.fewestUsers);
	return [
		...(isKnown ? faultsOfProbes(old, fresh, policy) : []),
		...(areThere ? faultsOfUsers(old, fresh, policy) : []),
	];
}

function faultsOfProbes(old: ArmSeen, fresh: ArmSeen, policy: MigrationPolicy): readonly string[] {
	const faults: string[] = [];
	const worse = (of: (arm: ArmSeen) => number): number =>
		of(fresh) / fresh.asked - of(old) / old.asked;
	const errors = worse(({ failed }) => failed);
	if (errors > policy.errorShare) faults.push(`errors: ${percent(errors)} more than the old arm`);
	const timeouts = worse(({ timedOut }) => timedOut);
	if (timeouts > policy.timeoutShare)
		faults.push(`timeouts: ${percent(timeouts)} more than the old arm`);
	const mostMs = old.p95Ms * policy.latencyFactor + policy.latencySlackMs;
	if (fresh.p95Ms > mostMs)
		faults.push(
			`latency: p95 ${Math.round(fresh.p95Ms)} ms, the old arm's is ${Math.round(old.p95Ms)} ms`,
		);
	return [...faults, ...faultsOfHeaders(old, fresh)];
}

function faultsOfHeaders(
	{ headers: old }: ArmSeen,
	{ headers: fresh }: ArmSeen,
): readonly string[] {
	if (old === null || fresh === null) return [];
	const missing = old.filter((line) => !fresh.includes(line)).map((line) => `−${line}`);
	const added = fresh.filter((line) => !old.includes(line)).map((line) => `+${line}`);
	const all = [...missing, ...added];
	return all.length === 0 ? [] : [`headers: ${all.join(", ")}`];
}

function faultsOfUsers(
	old: ArmSeen,
	fresh: ArmSeen,
	{ activeShare }: MigrationPolicy,
): readonly string[] {
	const fewer = old.active / old.users - fresh.active / fresh.users;
	if (fewer <= activeShare) return [];
	const counts = `${fresh.active} of ${fresh.users}, and ${old.active} of ${old.users} behind the old arm`;
	return [`users: ${percent(fewer)} fewer are active: ${counts}`];
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
