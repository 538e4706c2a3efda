/*
 * The business count: distinct users that are active, by the arm through which each was heard last. A user who moves
 * has two sockets for a moment, and is one. Who has only come is no measure of an arm: he has yet to be heard.
 */
import type { Visitor } from "../pop/socket-watch.js";
import type { ArmName } from "./contract.js";

/** `since`: by when he had to be there, and to have said something since. */
export function activeUsers(
	visitors: readonly Visitor[],
	since: number,
): Readonly<Record<ArmName, number>> {
	const heard = new Map<string, Visitor>();
	for (const visitor of visitors) {
		const { user, saidAt } = visitor;
		if (user === null || saidAt < since) continue;
		const other = heard.get(user);
		if (other === undefined || other.saidAt < saidAt) heard.set(user, visitor);
	}
	const active = { old: 0, new: 0 };
	for (const { arm, openedAt } of heard.values()) if (openedAt <= since) active[arm] += 1;
	return active;
}
