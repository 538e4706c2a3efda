/* By which way a person reaches the edge now. Pure. */
import type { ConnectionState, ServiceMode } from "holdfast";
import type { VisitState } from "../../edge/control/contract.js";
import { visitOf } from "../timeline/words.js";

export interface Whereabouts {
	readonly way: "primary" | "backup" | "polling" | "none";
	/** Null: nowhere, or nobody knows. */
	readonly pop: string | null;
}

export function whereaboutsOf(
	connection: ConnectionState,
	{ mode }: ServiceMode,
	visits: readonly VisitState[],
	now: number,
): Whereabouts {
	if (connection.status === "connected") {
		const way = connection.role;
		return { way, pop: openOf(visits, way, now) };
	}
	if (mode === "degraded") return { way: "polling", pop: openOf(visits, "api", now) };
	return { way: "none", pop: null };
}

function openOf(visits: readonly VisitState[], name: VisitState["name"], now: number) {
	return visitOf(visits, name, now)?.pop ?? null;
}

export function whereaboutsWords(
	{ way, pop }: Whereabouts,
	cityOf: (pop: string) => string,
): string {
	const where = pop === null ? "" : ` in ${cityOf(pop)}`;
	switch (way) {
		case "primary":
		case "backup":
			return `connected to the ${way}${where}`;
		case "polling":
			return `polling the API${where}`;
		case "none":
			return "not connected";
		default:
			return way satisfies never;
	}
}
