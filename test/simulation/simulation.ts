/* One seed: a world, its faults, its healing, and the judgement. */
import { createHash } from "node:crypto";
import type { Chance } from "./chance.js";
import type { Device } from "./device.js";
import { planFaults } from "./faults.js";
import { World } from "./world.js";

export interface Outcome {
	readonly seed: number;
	readonly breaches: readonly string[];
	readonly strikes: ReadonlyMap<string, number>;
	readonly figures: Figures;
	/** Of all that happened, if it was recorded. */
	readonly history: readonly string[];
	readonly hash: string;
}

export interface Figures {
	readonly virtualMs: number;
	readonly published: number;
	readonly stored: number;
	readonly delivered: number;
	readonly dials: number;
	readonly gaps: number;
	/** From the healing until all was well. */
	readonly healedMs: number;
}

/** All must be well so long after the last fault. */
const HEAL_MS = 45_000;
const STEP_MS = 250;

export async function simulate(
	seed: number,
	mode: "recorded" | "judged" = "judged",
): Promise<Outcome> {
	const world = new World(seed, mode);
	const chance = world.chance.child();
	planFaults(world, chance.child());
	for (const device of world.devices) talk(world, device, chance.child());
	watchParked(world);
	await world.clock.advance(world.setting.activeMs);
	world.healAll();
	const healedMs = await converge(world);
	world.phase = "quiet";
	await probe(world, chance.child());
	world.phase = "over";
	await judge(world);
	await close(world);
	return report(world, healedMs);
}

/** The app on a device publishes, until the active phase is over. */
function talk(world: World, device: Device, chance: Chance): void {
	const { activeMs, publishEveryMs } = world.setting;
	const next = (): void => {
		const waitMs = chance.between(0.2, 1.8) * publishEveryMs;
		if (world.now() + waitMs > activeMs) return;
		world.clock.setTimeout(
			() => {
				if (device.isRunning) say(world, device, chance);
				next();
			},
			waitMs,
			"app",
		);
	};
	next();
}

function say(world: World, device: Device, chance: Chance): void {
	const channel = chance.one(device.channels);
	const pick = chance.random();
	if (pick < 0.01) burst(device, channel, chance.int(20, 50));
	else if (pick < 0.06) device.publish(channel, { forbid: true });
	else if (pick < 0.12) device.publish(channel, {}, chance.int(100, 3_000));
	else if (pick < 0.18) device.whisper(channel);
	else if (pick < 0.26) world.serverPublishes(chance.one(world.gateways), chance);
	else device.publish(channel);
}

function burst(device: Device, channel: string, count: number): void {
	for (let n = 0; n < count; n++) device.publish(channel);
}

/** A program that waits for nothing and has not ended will never do anything again. */
function watchParked(world: World): void {
	const look = (): void => {
		for (const { name, isRunning, client, process } of world.devices) {
			const { status } = client.connection.get();
			const isOver = !isRunning || status === "failed" || status === "closed";
			if (!isOver && process.timers === 0 && client.mode.get().mode !== "normal")
				world.fail(`${name} is parked: ${status}`);
		}
		world.clock.setTimeout(look, 1_000, "watch");
	};
	look();
}

async function converge(world: World): Promise<number> {
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
	for (const { name, isSettled, client } of world.devices) {
		if (isSettled) continue;
		const { status } = client.connection.get();
		const left = client.outbox.get().length;
		world.fail(`${name} is not back: ${status}, ${client.mode.get().mode}, ${left} unsent`);
	}
	return world.now() - from;
}

async function untilSettled(world: World, from: number): Promise<void> {
	do await world.clock.advance(STEP_MS);
	while (!world.devices.every(({ isSettled }) => isSettled) && world.now() - from < HEAL_MS);
}

function speak(world: World): void {
	for (const device of world.devices) for (const name of device.channels) device.publish(name);
}

/** Nothing is wrong any more: what is said now arrives soon, even where a feed skips a message. */
async function probe(world: World, chance: Chance): Promise<void> {
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
async function missed(world: World): Promise<readonly string[]> {
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

async function judge(world: World): Promise<void> {
	for (const what of await missed(world)) world.fail(what);
	world.ledger.close(({ by, id }) => {
		const device = world.devices.find(({ name }) => name === by);
		if (device === undefined) return false;
		// Storage that failed when it was opened is opened again by the next program. What looks too
		// old by a clock that was set is not sent again: it ends as unknown, and nobody is there to hear.
		return device.hasJumped || (device.disk.struck > 0 && device.isStored(id));
	});
	const { restarts } = world.truth;
	const mayTrim = world.setting.retain.messages < 1_000 || world.setting.retain.ms < 100_000;
	for (const { audience, name } of world.devices) {
		for (const { channel, gaps } of audience.readers)
			if (!mayTrim && gaps.length > restarts.length)
				world.fail(`${name} ${channel}: ${gaps.length} gaps, ${restarts.length} losses`);
	}
}

/** After close() nothing goes on. */
async function close(world: World): Promise<void> {
	for (const { client } of world.devices) await client.close();
	await world.clock.advance(45_000);
	for (const { name, process } of world.devices)
		if (process.timers > 0) world.fail(`${name} is closed and has ${process.timers} timers`);
	for (const { url, server } of world.gateways) {
		const { connections, subscriptions } = server.stats.get();
		if (connections + subscriptions > 0)
			world.fail(`${url} holds ${connections} links, ${subscriptions} subscriptions of nobody`);
		await server[Symbol.asyncDispose]();
	}
}

function report(world: World, healedMs: number): Outcome {
	const { devices, ledger, truth } = world;
	const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);
	consequences(world);
	const readers = devices.flatMap((device) => device.audience.readers);
	const history = world.history ?? [];
	return {
		seed: world.seed,
		breaches: world.breaches,
		strikes: world.strikes,
		history,
		hash: createHash("sha256").update(history.join("\n")).digest("hex"),
		figures: {
			virtualMs: world.now(),
			published: ledger.published.length,
			stored: sum([...truth.channels.values()].map(({ records }) => records.length)),
			delivered: sum(readers.map(({ delivered }) => delivered)),
			dials: sum(devices.map(({ wire }) => wire.counts.dials)),
			gaps: sum(readers.map(({ gaps }) => gaps.length)),
			healedMs,
		},
	};
}

function consequences(world: World): void {
	const count = (kind: string, times: number): void => {
		if (times > 0) world.struck(kind, times);
	};
	for (const { wire, tokens } of world.devices) {
		count("resent", wire.counts.resends);
		count("duplicate-delivery", wire.counts.duplicates);
		count("retry-rejection", wire.counts.retries);
		count("token-expired", tokens.renewed);
		if (world.setting.gateway.maxConnectionAgeMs) count("max-age", wire.counts.goodbyes);
	}
	const { fenced, duplicates, unheard, late } = world.log.struck;
	count("fenced", fenced);
	count("stored-before", duplicates);
	count("deaf-feed", unheard);
	count("late-feed", late);
	if (world.setting.retain.messages < 1_000) {
		const { messages } = world.setting.retain;
		for (const { records } of world.truth.channels.values())
			count("trimmed", Math.max(0, records.length - messages));
	}
}
