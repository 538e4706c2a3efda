import type { FleetOptions, FleetReport } from "./contract.js";
import { machineClients } from "./machine-clients.js";
import { runFleet } from "./run.js";
import { checkFleet } from "./settings.js";

/**
 * What a fleet of these clients does to servers of finite capacity when something happens to all of it:
 * how soon it is back, how many dials that takes, and how hard it hits. It runs the connection machine that
 * the client ships, not a model of it, for each of them; only the servers are a model: they work off one
 * accept after the other, and turn away who comes while more than two seconds of work wait, at
 * `rejectCost` of an accept. Runs at once and returns when it is over: 20,000 clients take a second or
 * a few, more where the fleet does not recover.
 *
 * @throws RealtimeError `invalid-option` for what makes no sense: no clients, no capacity, a window that
 * nobody can announce.
 */
export function simulateFleet(options: FleetOptions): FleetReport {
	const settings = checkFleet(options);
	return runFleet(settings, machineClients(settings));
}
