/* What happens to a fleet: the faults, and when they strike. */
import type { FleetScenario } from "./contract.js";
import { windowFor } from "./settings.js";
import { closed, type World } from "./world.js";

/** Of a rolling drain. */
const GATEWAYS = 10;
/** What the last ones need to move; a server's own drain leaves as much. */
const MOVE_MS = 10_000;
const FLAPS = 3;
const FLAP_UNITS = 0.5;
const REGION_SHARE = 0.25;
const BLIP_MS = 20_000;
const BOOT_UNITS = 0.1;

export const SCENARIOS: Readonly<Record<FleetScenario, (world: World) => void>> = {
	"cut-all": (world) => world.plan(0, () => cutAll(world)),
	"endpoint-down": endpointDown,
	"rolling-drain": rollingDrain,
	flap,
	"region-blip": regionBlip,
	"boot-storm": bootStorm,
};

function cutAll(world: World): void {
	const { settings, roll, gates } = world;
	const loss = closed(settings.isAnnounced ? windowFor(settings.clients, settings) : null);
	for (const gate of gates) gate.restart();
	for (let client = 0; client < settings.clients; client++)
		if (roll.isUp(client)) world.cut(client, loss);
		else world.breakDial(client);
}

function endpointDown(world: World): void {
	world.plan(0, () => {
		const [primary] = world.gates;
		if (primary) primary.isUp = false;
		cutAll(world);
	});
}

function flap(world: World): void {
	for (let time = 0; time < FLAPS; time++)
		world.plan(time * FLAP_UNITS * world.settings.unitMs, () => cutAll(world));
}

function regionBlip(world: World): void {
	const touched = Math.ceil(world.settings.clients * REGION_SHARE);
	world.plan(0, () => {
		world.isCutOff = (client) => client < touched;
		for (let client = 0; client < touched; client++) world.silence(client);
	});
	world.plan(BLIP_MS, () => {
		world.isCutOff = () => false;
	});
}

function bootStorm(world: World): void {
	world.startWithin(BOOT_UNITS * world.settings.unitMs);
}

/** Each gateway restarts once the one before it is empty, and comes back without anybody. */
function rollingDrain(world: World): void {
	const { clients, isAnnounced } = world.settings;
	const { roll } = world;
	const homes = Uint8Array.from({ length: clients }, (_, client) => client % GATEWAYS);
	let leaving = 0;
	world.onAdopted = (client) => {
		// To any but the one that restarts, each as likely as the other.
		const other = Math.floor(world.random() * (GATEWAYS - 1));
		homes[client] = other < leaving ? other : other + 1;
	};
	const drain = (gateway: number): void => {
		leaving = gateway;
		const isInside = (client: number): boolean => homes[client] === gateway && roll.isUp(client);
		const inside = [...homes.keys()].filter(isInside);
		const windowMs = windowFor(inside.length, world.settings);
		const spanMs = windowMs + MOVE_MS;
		const loss = closed(isAnnounced ? windowMs : null);
		const close = (): void => {
			for (const client of inside) if (isInside(client)) world.cut(client, loss);
		};
		if (isAnnounced) for (const client of inside) world.askToLeave(client, windowMs, spanMs);
		else close();
		world.plan(world.elapsedMs + spanMs, () => {
			if (isAnnounced) close();
			if (gateway + 1 < GATEWAYS) drain(gateway + 1);
		});
	};
	world.plan(0, () => drain(0));
}
