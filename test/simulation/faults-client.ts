/* What happens to a device's program, its clock, its disk and its user. */
import { dispose } from "../../src/reactive/disposable.js";
import type { Chance } from "./chance.js";
import type { Device } from "./device.js";
import type { Fault } from "./faults.js";
import { API, type World } from "./world.js";

function drawRunning(world: World, chance: Chance): Device | null {
	const device = chance.one(world.devices);
	return device.isRunning ? device : null;
}

/** Faults of one program, which must be running. */
function program(act: (device: Device, world: World, chance: Chance) => void): Fault {
	return (world, chance) => {
		const device = drawRunning(world, chance);
		if (device !== null) act(device, world, chance);
	};
}

export const CLIENT_FAULTS: Readonly<Record<string, Fault>> = {
	crash: program((device, world, chance) => {
		device.crash();
		world.struck(device.isPersistent ? "crash-persistent" : "crash");
		world.trouble(chance.between(50, 6_000), () => device.restart());
	}),
	freeze: program((device, world, chance) => {
		const ms = chance.between(500, 25_000);
		const urls = [...world.gateways.map(({ url }) => url), API];
		const stalls = urls.map((url) => device.network.blackHole(url, "to-client"));
		device.process.freeze(ms);
		world.struck("freeze");
		world.trouble(ms, () => {
			stalls.forEach(dispose);
			device.process.freeze(0);
			if (chance.flip(0.7)) device.network.lifecycle.wake("clock-jump");
		});
	}),
	"clock-jump": program((device, world, chance) => {
		device.hasJumped = true;
		device.process.jump(chance.one([-1, 1]) * chance.between(1_000, 86_400_000));
		if (chance.flip(0.5)) device.network.lifecycle.wake("clock-jump");
		world.struck("clock-jump");
	}),
	wake: program(({ network: { lifecycle } }, world, chance) => {
		lifecycle.hide();
		world.struck("wake");
		world.trouble(chance.between(10, 3_000), () => lifecycle.show());
	}),
	"page-freeze": program(({ network: { lifecycle } }, world, chance) => {
		lifecycle.freeze();
		world.struck("page-freeze");
		world.trouble(chance.between(100, 5_000), () => lifecycle.resume());
	}),
	"storage-errors": program(({ disk }, world, chance) => {
		const before = disk.struck;
		disk.errorRate = chance.between(0.1, 1);
		world.trouble(chance.between(500, 6_000), () => {
			disk.errorRate = 0;
			if (disk.struck > before) world.struck("storage-errors");
		});
	}),
	"storage-slow": program(({ disk, isPersistent }, world, chance) => {
		disk.delayMs = chance.between(50, 3_000);
		if (isPersistent) world.struck("storage-slow");
		world.trouble(chance.between(500, 6_000), () => {
			disk.delayMs = 0;
		});
	}),
	"token-service-down": program((device, world, chance) => {
		device.tokens.isDown = true;
		device.logouts += 1;
		const before = device.tokens.refused;
		for (const gateway of world.gateways) gateway.revoked.set(device.name, device.tokens.issued);
		if (chance.flip(0.7)) device.network.reset();
		world.trouble(chance.between(500, 8_000), () => {
			device.tokens.isDown = false;
			if (device.tokens.refused > before) world.struck("token-service-down");
		});
	}),
	"app-reconnect": program(({ client }, world) => {
		client.reconnect("app");
		world.struck("app-reconnect");
	}),
	"app-hold": program(({ client }, world, chance) => {
		const hold = client.degraded.hold("app");
		world.struck("app-hold");
		world.trouble(chance.between(500, 8_000), () => dispose(hold));
	}),
	"app-resubscribe": program((device, world, chance) => {
		const channel = chance.one(device.channels);
		const again = (): void => {
			if (!device.isRunning) return;
			device.resubscribe(channel);
			world.struck("app-resubscribe");
		};
		const first = chance.between(0, 100);
		world.trouble(first, again);
		for (let times = chance.int(0, 3); times > 0; times -= 1)
			world.trouble(first + chance.between(0, 200), again);
	}),
	"app-close": program((device, world, chance) => {
		device.close();
		world.struck("app-close");
		world.trouble(chance.between(10, 4_000), () => device.reopen());
	}),
};
