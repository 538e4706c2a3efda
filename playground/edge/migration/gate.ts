/*
 * Whether the new arm fares as the old one does. Errors and latency alone don't say it: a proxy that drops half
 * of its users answers the other half quickly. So the users that say something are counted behind each side; and
 * one that lets nobody in has none that could fall silent, so newcomers are counted too.
 */
import type { ArmSeen, Arms, MigrationPolicy } from "./contract.js";

/** Of chance, by how far it goes: one look in some thirty thousand is wrong. */
const SIGMAS = 4;

/**
 * What is wrong with the new arm, for people; empty: nothing, or nothing is known yet. `percent`: of newcomers that
 * it was to have at the last step. Caches may still hold that, and none holds less.
 */
export function faultsOf(
	{ old, new: fresh }: Arms,
	policy: MigrationPolicy,
	percent: number,
): readonly string[] {
	const isKnown = [old, fresh].every(({ asked }) => asked >= policy.fewestProbes);
	const areThere = [old, fresh].every(({ users }) => users >= policy.fewestUsers);
	return [
		...(isKnown ? faultsOfProbes(old, fresh, policy) : []),
		...(areThere ? faultsOfUsers(old, fresh, policy) : []),
		...faultsOfNewcomers(old, fresh, percent / 100, policy),
	];
}

function faultsOfProbes(old: ArmSeen, fresh: ArmSeen, policy: MigrationPolicy): readonly string[] {
	const faults: string[] = [];
	const worse = (of: (arm: ArmSeen) => number): number =>
		of(fresh) / fresh.asked - of(old) / old.asked;
	const errors = worse(({ failed }) => failed);
	if (errors > policy.errorShare) faults.push(`errors: ${inPercent(errors)} more than the old arm`);
	const timeouts = worse(({ timedOut }) => timedOut);
	if (timeouts > policy.timeoutShare)
		faults.push(`timeouts: ${inPercent(timeouts)} more than the old arm`);
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
	return [`users: ${inPercent(fewer)} fewer are active: ${counts}`];
}

function faultsOfNewcomers(
	old: ArmSeen,
	fresh: ArmSeen,
	share: number,
	{ lackShare }: MigrationPolicy,
): readonly string[] {
	const all = old.newcomers + fresh.newcomers;
	const least = share * (1 - lackShare);
	if (fresh.newcomers >= all * least - SIGMAS * Math.sqrt(all * least * (1 - least))) return [];
	const led = inPercent(share);
	return [`newcomers: ${fresh.newcomers} of ${all} came by the new arm, ${led} were led there`];
}

const inPercent = (share: number): string => `${Math.round(share * 100)} %`;
