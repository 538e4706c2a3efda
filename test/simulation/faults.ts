/* Every kind of fault that a run must have seen. */
import type { Chance } from "./chance.js";
import { CLIENT_FAULTS } from "./faults-client.js";
import { NETWORK_FAULTS } from "./faults-network.js";
import { SERVER_FAULTS } from "./faults-server.js";
import type { World } from "./world.js";

/** Strikes now, and arranges its own end. */
export type Fault = (world: World, chance: Chance) => void;

const FAULTS: Readonly<Record<string, Fault>> = {
	...NETWORK_FAULTS,
	...SERVER_FAULTS,
	...CLIENT_FAULTS,
};
const NAMES = Object.keys(FAULTS);

/** What follows from faults, and must have been seen as well. */
const CONSEQUENCES = [
	"crash-persistent",
	"token-expired",
	"max-age",
	"resent",
	"stored-before",
	"fenced",
	"duplicate-delivery",
	"trimmed",
	"retry-rejection",
	"lost-http-publish",
];

/** A run in which one of these never struck has not tested what it says. */
export const KINDS: readonly string[] = [...NAMES, ...CONSEQUENCES];

/** So many, at any time of the active phase. */
export function planFaults(world: World, chance: Chance): void {
	const count = chance.int(0, 7);
	for (let n = 0; n < count; n++) {
		const name = chance.one(NAMES);
		const own = chance.child();
		const strike = (): void => {
			world.note(`fault ${name}`);
			(FAULTS[name] as Fault)(world, own);
		};
		world.clock.setTimeout(strike, chance.between(500, world.setting.activeMs), "fault");
	}
}
