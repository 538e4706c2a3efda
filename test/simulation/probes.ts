/* What must be true once no fault is at work any more: everybody is back, what is said arrives, over HTTP too. */
import { dispose } from "../../src/reactive/disposable.js";
import type { Chance } from "./chance.js";
import type { World } from "./world.js";

/** Everybody must be back so long after the last fault: twice what was ever seen would prove nothing. */
const HEAL_MS = 30_000;
const STEP_MS = 250;
/** A request's deadline, two polls at their slowest, of which one opens the route again, and one for the readers. */
const HTTP_MS = 25_000;

export async function converge(world: World): Promise<number> {
	const { heartbeatMs = 0, heartbeatTimeoutMs = 0 } = world.setting.gateway;
	const from = world.now();
	// A link that died in silence shows only now; one that was late to ask asks again.
	await world.clock.advance(heartbeatMs + 3 * heartbeatTimeoutMs + 500);
	await untilSettled(world, from);
	// After a restart of the log the first publish of a link closes it (rule 5): not in quiet times.
	if (world.truth.restarts.length > 0) {
		speak(world);
		await untilSettled(world, from);
	}
	tellWhoIsAway(world);
	return world.now() - from;
}

function tellWhoIsAway(world: World): void {
	for (const { name, isSettled, client } of world.devices) {
		if (isSettled) continue;
		const { status } = client.connection.get();
		const left = client.outbox.get().length;
		world.fail(`${name} is not back: ${status}, ${client.mode.get().mode}, ${left} unsent`);
	}
}

async function untilSettled(world: World, from: number): Promise<void> {
	const leftMs = from + HEAL_MS - world.now();
	await until(world, leftMs, () => world.devices.every(({ isSettled }) => isSettled));
}

async function until(world: World, ms: number, isSo: () => boolean): Promise<void> {
	const end = world.now() + ms;
	do await world.clock.advance(STEP_MS);
	while (!isSo() && world.now() < end);
}

function speak(world: World): void {
	for (const device of world.devices) for (const name of device.channels) device.publish(name);
}

/** Nothing is wrong any more: what is said now arrives soon, even where a feed skips a message. */
export async function probe(world: World, chance: Chance): Promise<void> {
	const { heartbeatMs = 0 } = world.setting.gateway;
	const promptMs = 6 * (world.setting.latencyMs + world.setting.jitterMs) + 3_000;
	speak(world);
	await untilComplete(world, promptMs, "a message in quiet times");
	if (!chance.flip(0.5)) return;
	const speaker = chance.one(world.devices);
	for (const { process } of world.gateways) world.log.deaf.set(process, 1);
	speaker.publish(chance.one(speaker.channels));
	const bound = 2 * heartbeatMs + promptMs;
	await untilComplete(world, bound, "a message that a feed skipped");
}

/**
 * No WebSocket gets through, and the HTTP half loses one publish of everybody: what is said arrives all the same,
 * and when the wall is gone, everybody comes back.
 */
export async function probeDegraded(world: World): Promise<void> {
	world.phase = "degraded";
	const walls = world.devices.flatMap(({ network }) =>
		world.gateways.map(({ url }) => {
			network.reset(url);
			return network.refuse(url);
		}),
	);
	await until(world, HEAL_MS, () => world.devices.every(({ isPolling }) => isPolling));
	for (const { name, isPolling, client } of world.devices)
		if (!isPolling) world.fail(`${name} does not poll: ${client.connection.get().status}`);
	const before = world.lostPublishes;
	world.losePublishes(world.devices.map(({ name }) => name));
	speak(world);
	const promptMs = 6 * (world.setting.latencyMs + world.setting.jitterMs) + 3_000;
	await untilComplete(world, HTTP_MS + promptMs, "a message over HTTP");
	if (world.lostPublishes > before) world.struck("lost-http-publish", world.lostPublishes - before);
	walls.forEach(dispose);
	await untilSettled(world, world.now());
	tellWhoIsAway(world);
}

async function untilComplete(world: World, boundMs: number, what: string): Promise<void> {
	const from = world.now();
	let missing: readonly string[] = [];
	do {
		await world.clock.advance(STEP_MS);
		missing = await missed(world);
		if (missing.length === 0) return;
	} while (world.now() - from < boundMs);
	for (const each of missing) world.fail(`${what} did not come: ${each}`);
}

/** What the readers of the programs that run should have and have not. */
export async function missed(world: World): Promise<readonly string[]> {
	const missing: string[] = [];
	for (const { outcome, by, channel, n, isEphemeral } of world.ledger.published)
		if (outcome === null && !isEphemeral) missing.push(`${channel}: ${by}#${n} has no outcome`);
	for (const device of world.devices) {
		for (const reader of device.audience.current) {
			const retained = await world.log.retained(reader.channel);
			for (const what of reader.missing(retained))
				missing.push(`${reader.name} ${reader.channel}: ${what}`);
		}
	}
	return missing;
}
