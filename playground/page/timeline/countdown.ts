/* What runs out next: a wait, or the life of a DNS answer. Pure. */
import type { ConnectionState } from "holdfast";
import type { VisitState } from "../../edge/control/contract.js";
import type { Whereabouts } from "../edge/whereabouts.js";
import { visitOf } from "./words.js";

const left = (ms: number): string => `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;

export function countdownOf(
	connection: ConnectionState,
	way: Whereabouts["way"],
	visits: readonly VisitState[],
	now: number,
): string {
	if (connection.status === "reconnecting" && connection.retryAt !== null)
		return `next try in ${left(connection.retryAt - now)}`;
	if (connection.status === "connecting" || connection.status === "reconnecting") return "dialling";
	if (way !== "primary" && way !== "backup") return "";
	const visit = visitOf(visits, way, now);
	if (visit === undefined) return "";
	const leftMs = visit.askedAt + visit.ttlMs - now;
	return leftMs > 0 ? `DNS answer good for ${left(leftMs)}` : "DNS answer expired";
}
