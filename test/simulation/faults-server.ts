/* What happens to gateways, to the log they share, and to the HTTP half. */
import { dispose } from "../../src/reactive/disposable.js";
import type { Chance } from "./chance.js";
import type { Fault } from "./faults.js";
import type { Gateway, Posture } from "./gateway.js";
import { API, type World } from "./world.js";

function drawGateways(world: World, chance: Chance): readonly Gateway[] {
	return chance.flip(0.5) ? [chance.one(world.gateways)] : world.gateways;
}

/** What stands in front of the gateways turns dials away; what is open is closed, or nobody would dial. */
function posture(kind: string, draw: (chance: Chance) => Posture): Fault {
	return (world, chance) => {
		const gateways = drawGateways(world, chance);
		const before = gateways.map(({ met }) => met);
		for (const gateway of gateways) {
			gateway.posture = draw(chance);
			if (chance.flip(0.8)) gateway.closeAll(chance.one([1001, 1011, 1012]));
		}
		world.trouble(chance.between(1_000, 18_000), () => {
			for (const gateway of gateways) gateway.posture = "accept";
			if (gateways.some(({ met }, index) => met > (before[index] ?? 0))) world.struck(kind);
		});
	};
}

function death(
	kind: string,
	strike: (world: World, gateway: Gateway) => readonly Disposable[],
): Fault {
	return (world, chance) => {
		for (const gateway of drawGateways(world, chance)) {
			if (!gateway.isUp) continue;
			if (gateway.connections > 0) world.struck(kind);
			gateway.kill();
			const walls = strike(world, gateway);
			world.trouble(chance.between(200, 12_000), () => {
				walls.forEach(dispose);
				gateway.start();
			});
		}
	};
}

/** It checks slowly, and has much to check: whoever moves sends all that again, and is faster elsewhere. */
function overwork({ devices }: World, gateway: Gateway, chance: Chance): void {
	gateway.checkMs = chance.between(200, 2_000);
	for (const device of devices) {
		const channel = chance.one(device.channels);
		const count = chance.int(3, 10);
		for (let n = 0; device.isRunning && n < count; n++) device.publish(channel);
	}
}

function restart(
	kind: string,
	keep: (chance: Chance) => "all" | "none" | { lostTail: number },
): Fault {
	return (world, chance) => {
		const lost = world.log.restart(keep(chance));
		if (lost > 0 || kind === "log-restart") world.struck(kind);
		// What followed must be told: a moment's trouble.
		world.trouble(0, () => undefined);
	};
}

/** The law of backoff makes about 13 rounds of 20 s; that it makes twice as many is 5 deviations off. */
const FLAPS = 26;
const PORTAL = "<html><body>Please log in to the Wi-Fi</body></html>";
const API_FAULTS: readonly (() => Response | Promise<Response>)[] = [
	() => Promise.reject(new Error("hung up")),
	() => new Promise(() => {}),
	() => new Response(PORTAL, { headers: { "content-type": "text/html" } }),
	() => new Response(null, { status: 503, headers: { "retry-after": "2" } }),
	() => new Response(null, { status: 429 }),
	() => new Response("{", { headers: { "content-type": "application/json" } }),
];

export const SERVER_FAULTS: Readonly<Record<string, Fault>> = {
	kill: death("kill", ({ devices }, { url }) =>
		devices.map(({ network }) => {
			network.reset(url);
			return network.refuse(url);
		}),
	),
	"power-loss": death("power-loss", ({ devices }, { url }) =>
		devices.map(({ network }) => {
			network.halfOpen(url);
			return network.partition(url);
		}),
	),
	"refused-upgrades": posture("refused-upgrades", (chance) => ({
		refuse: chance.one([429, 500, 503]),
		...(chance.flip(0.3) && { retryAfterMs: chance.int(1, 6) * 1_000 }),
	})),
	"swallowed-upgrades": posture("swallowed-upgrades", () => "hang"),
	mute: posture("mute", () => "mute"),
	"accept-then-close": posture("accept-then-close", (chance) => ({
		closeAfterMs: chance.between(0, 1_500),
		code: chance.one([1001, 1011, 1012, 1013]),
	})),
	flap: (world, chance) => {
		for (const gateway of world.gateways) {
			gateway.posture = { closeAfterMs: chance.between(0, 100), code: 1011 };
			gateway.closeAll(1011);
		}
		const ms = 20_000;
		const before = world.devices.map(({ wire }) => wire.welcomes);
		world.trouble(ms, () => {
			for (const gateway of world.gateways) gateway.posture = "accept";
			world.devices.forEach(({ name, wire }, index) => {
				const welcomes = wire.welcomes - (before[index] ?? 0);
				if (welcomes > 1) world.struck("flap");
				if (welcomes > FLAPS) world.fail(`${name} came back ${welcomes} times in ${ms} ms`);
			});
		});
	},
	drain: (world, chance) => {
		const gateway = chance.one(world.gateways);
		if (!gateway.isUp) return;
		if (gateway.connections > 0) world.struck("drain");
		const withinMs = chance.between(500, 8_000);
		if (chance.flip(0.5)) overwork(world, gateway, chance);
		void gateway.server.drain({ withinMs });
		world.trouble(withinMs + chance.between(100, 2_000), () => {
			gateway.checkMs = world.setting.checkMs;
			for (const { network } of world.devices) network.reset(gateway.url);
			gateway.start();
		});
	},
	logout: (world, chance) => {
		const device = chance.one(world.devices);
		device.logouts += 1;
		for (const gateway of world.gateways) {
			gateway.revoked.set(device.name, device.tokens.issued);
			if (gateway.isUp) gateway.server.disconnect(device.name);
		}
		if (device.wire.welcomed > 0) world.struck("logout");
	},
	"log-restart": restart("log-restart", () => "all"),
	"log-lost-tail": restart("log-lost-tail", (chance) => ({ lostTail: chance.int(1, 6) })),
	"log-lost": restart("log-lost", () => "none"),
	"log-slow": (world, chance) => {
		world.log.delayMs = chance.between(100, 2_500);
		world.struck("log-slow");
		world.trouble(chance.between(1_000, 10_000), () => {
			world.log.delayMs = world.setting.logDelayMs;
		});
	},
	"log-errors": (world, chance) => {
		const before = world.log.struck.errors;
		world.log.errorRate = chance.between(0.1, 0.7);
		world.trouble(chance.between(1_000, 10_000), () => {
			world.log.errorRate = 0;
			if (world.log.struck.errors > before) world.struck("log-errors");
		});
	},
	"deaf-feed": (world, chance) => {
		const { process } = chance.one(world.gateways);
		world.log.deaf.set(process, chance.int(1, 4));
		world.trouble(chance.between(2_000, 10_000), () => void world.log.deaf.delete(process));
	},
	"late-feed": (world, chance) => {
		const { process } = chance.one(world.gateways);
		world.log.lagMs.set(process, chance.between(50, 3_000));
		world.trouble(chance.between(1_000, 8_000), () => void world.log.lagMs.delete(process));
	},
	"http-down": (world, chance) => {
		const answer = chance.one(API_FAULTS);
		world.apiFault = () => {
			world.struck("http-down");
			return answer();
		};
		if (chance.flip(0.5)) for (const { network } of world.devices) network.reset(API);
		world.trouble(chance.between(1_000, 15_000), () => {
			world.apiFault = null;
		});
	},
};
