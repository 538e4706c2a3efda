/* What happens to the network between one device and the gateways. */
import { dispose } from "../../src/reactive/disposable.js";
import type { Direction } from "../../src/testing/route.js";
import type { Chance } from "./chance.js";
import type { Device } from "./device.js";
import type { Fault } from "./faults.js";
import { API, type World } from "./world.js";

/** One gateway, all of them, or all and the HTTP half. */
function drawUrls(world: World, chance: Chance): readonly string[] {
	const urls = world.gateways.map(({ url }) => url);
	const pick = chance.random();
	if (pick < 0.4) return [chance.one(urls)];
	return pick < 0.7 ? urls : [...urls, API];
}

function hole(kind: string, direction: Direction): Fault {
	return (world, chance) => {
		const device = chance.one(world.devices);
		const holes = drawUrls(world, chance).map((url) => device.network.blackHole(url, direction));
		if (device.wire.live > 0) world.struck(kind);
		world.trouble(chance.between(300, 15_000), () => holes.forEach(dispose));
	};
}

/** New connections fail; what is open is cut, or nobody would notice. */
function wall(kind: string, build: (device: Device, url: string) => Disposable): Fault {
	return (world, chance) => {
		const device = chance.one(world.devices);
		const walls = drawUrls(world, chance).map((url) => build(device, url));
		const before = device.wire.counts.dials;
		if (chance.flip(0.8)) device.network.reset();
		world.trouble(chance.between(500, 15_000), () => {
			walls.forEach(dispose);
			if (device.wire.counts.dials > before) world.struck(kind);
		});
	};
}

export const NETWORK_FAULTS: Readonly<Record<string, Fault>> = {
	reset: (world, chance) => {
		const { network } = chance.one(world.devices);
		const cut = chance.flip(0.7) ? network.reset() : network.reset(chance.one(world.gateways).url);
		if (cut > 0) world.struck("reset");
	},
	partition: hole("partition", "both"),
	"one-way-up": hole("one-way-up", "to-server"),
	"one-way-down": hole("one-way-down", "to-client"),
	"half-open": (world, chance) => {
		if (chance.one(world.devices).network.halfOpen() > 0) world.struck("half-open");
	},
	offline: (world, chance) => {
		const { network } = chance.one(world.devices);
		network.offline();
		world.struck("offline");
		world.trouble(chance.between(300, 20_000), () => network.online());
	},
	"refused-dials": wall("refused-dials", (device, url) => device.network.refuse(url)),
	"hung-dials": wall("hung-dials", (device, url) => device.network.hang(url)),
	"packet-loss": (world, chance) => {
		const { network } = chance.one(world.devices);
		network.loss(chance.between(0.05, 0.4));
		world.struck("packet-loss");
		world.trouble(chance.between(2_000, 15_000), () => network.loss(0));
	},
	"latency-spike": (world, chance) => {
		const { network } = chance.one(world.devices);
		const { latencyMs, jitterMs } = world.setting;
		network.latency(chance.between(200, 4_000), chance.between(0, 1_000));
		world.struck("latency-spike");
		world.trouble(chance.between(1_000, 10_000), () => network.latency(latencyMs, jitterMs));
	},
	"slow-consumer": (world, chance) => {
		const { network, wire } = chance.one(world.devices);
		const gateway = chance.one(world.gateways);
		const setRate = (rate: number): void => {
			for (const { url } of world.gateways) network.bandwidth(url, rate, "to-client");
		};
		setRate(chance.between(5_000, 15_000));
		const before = wire.counts.slowClosed + world.slowClosed();
		for (let n = 0; n < 60; n++) world.serverPublishes(gateway, chance, 700);
		world.trouble(chance.between(3_000, 8_000), () => {
			setRate(Number.POSITIVE_INFINITY);
			// What waits on the slow line would wait on: the line is gone.
			network.reset();
			if (wire.counts.slowClosed + world.slowClosed() > before) world.struck("slow-consumer");
		});
	},
};
