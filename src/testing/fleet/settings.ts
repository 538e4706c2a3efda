/* Fleet options, checked at the call and completed. */
import { checkOptions, invalid } from "../../client/settings.js";
import type { ConnectionPolicy } from "../../connection/machine.js";
import type { Endpoint } from "../../endpoint/endpoint.js";
import { LONGEST_MS } from "../../policy/backoff.js";
import type { FleetOptions, FleetScenario } from "./contract.js";

export interface FleetSettings {
	readonly clients: number;
	readonly seed: number;
	readonly acceptsPerSecond: number;
	readonly rejectCost: number;
	readonly scenario: FleetScenario;
	/** clients ÷ acceptsPerSecond. */
	readonly unitMs: number;
	/** Null: none. */
	readonly multiple: number | null;
	readonly isAnnounced: boolean;
	readonly endpoints: readonly Endpoint[];
	readonly policy: ConnectionPolicy;
	readonly limitMs: number;
}

const SCENARIOS: Readonly<Record<FleetScenario, { readonly canAnnounce: boolean }>> = {
	"cut-all": { canAnnounce: true },
	"endpoint-down": { canAnnounce: true },
	"rolling-drain": { canAnnounce: true },
	flap: { canAnnounce: true },
	// No server speaks to a client that has no network, or has not connected yet.
	"region-blip": { canAnnounce: false },
	"boot-storm": { canAnnounce: false },
};
const PRIMARY = "wss://primary.example";
const BACKUP = "wss://backup.example";
const MOST_CLIENTS = 20_000_000;
const LIMIT_UNITS = 50;

export function checkFleet(options: FleetOptions): FleetSettings {
	checkNumbers(options);
	const { clients, seed, acceptsPerSecond, rejectCost, scenario, limitMs, policy } = options;
	if (!Object.hasOwn(SCENARIOS, scenario))
		throw invalid(`scenario must be one of ${Object.keys(SCENARIOS).join(", ")}.`);
	const unitMs = (clients / acceptsPerSecond) * 1_000;
	const { reconnect, filters, endpoints } = checkOptions({
		endpoints: scenario === "endpoint-down" ? [PRIMARY, BACKUP] : [PRIMARY],
		reconnect: policy ?? {},
	});
	return {
		...{ clients, seed, acceptsPerSecond, rejectCost, scenario, unitMs, endpoints },
		...checkWindow(options),
		policy: { ...reconnect, filters },
		limitMs: limitMs ?? LIMIT_UNITS * unitMs,
	};
}

function checkNumbers(options: FleetOptions): void {
	if (typeof options !== "object" || options === null) throw invalid("A fleet needs options.");
	const { clients, seed, acceptsPerSecond, rejectCost, limitMs } = options;
	if (!Number.isSafeInteger(clients) || clients < 1 || clients > MOST_CLIENTS)
		throw invalid(`clients must be an integer from 1 to ${MOST_CLIENTS}.`);
	if (!Number.isSafeInteger(seed)) throw invalid("seed must be an integer.");
	if (!isPositive(acceptsPerSecond)) throw invalid("acceptsPerSecond must be above 0.");
	if (!(rejectCost >= 0 && rejectCost <= 1)) throw invalid("rejectCost must be from 0 to 1.");
	if (limitMs !== undefined && !isPositive(limitMs)) throw invalid("limitMs must be above 0.");
}

const isPositive = (value: number): boolean => Number.isFinite(value) && value > 0;

function checkWindow({
	window,
	scenario,
}: FleetOptions): Pick<FleetSettings, "multiple" | "isAnnounced"> {
	if (window === "none") return { multiple: null, isAnnounced: false };
	if (typeof window !== "object" || window === null)
		throw invalid('window must be "none" or { multiple, announced }.');
	const { multiple, announced } = window;
	if (!(Number.isFinite(multiple) && multiple > 0))
		throw invalid("window.multiple must be above 0.");
	if (typeof announced !== "boolean") throw invalid("window.announced must be true or false.");
	if (announced && !SCENARIOS[scenario].canAnnounce)
		throw invalid(`Nobody can announce a ${scenario}: window.announced must be false.`);
	return { multiple, isAnnounced: announced };
}

/** W for so many clients, as a server would compute it. 0: none. */
export function windowFor(
	clients: number,
	{ multiple, acceptsPerSecond }: Pick<FleetSettings, "multiple" | "acceptsPerSecond">,
): number {
	if (multiple === null) return 0;
	return Math.min(Math.ceil(((multiple * clients) / acceptsPerSecond) * 1_000), LONGEST_MS);
}
