/* One seed: a world, its faults, its healing, and the judgement. */
import { createHash } from "node:crypto";
import type { Chance } from "./chance.js";
import type { Device } from "./device.js";
import { planFaults } from "./faults.js";
import { converge, missed, probe, probeDegraded } from "./probes.js";
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

/** Brackets and commas of batches, which no limit counts. */
const OVERHEAD_BYTES = 1_024;
/** Of the seeds that look at degraded mode on its own: it costs as much as the rest. */
const DEGRADED_SHARE = 0.2;

export async function simulate(
	seed: number,
	mode: "recorded" | "judged" = "judged",
): Promise<Outcome> {
	const world = new World(seed, mode);
	const chance = world.chance.child();
	planFaults(world, chance.child());
	for (const device of world.devices) talk(world, device, chance.child());
	watch(world);
	await world.clock.advance(world.setting.activeMs);
	world.healAll();
	const healedMs = await converge(world);
	world.phase = "quiet";
	await probe(world, chance.child());
	if (chance.flip(DEGRADED_SHARE)) await probeDegraded(world);
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

/**
 * A program that waits for nothing and has not ended will never do anything again, and a server that
 * keeps what nobody fetches will end for lack of memory.
 */
function watch(world: World): void {
	const look = (): void => {
		for (const { name, isRunning, client, process } of world.devices) {
			const { status } = client.connection.get();
			const isOver = !isRunning || status === "failed" || status === "closed";
			if (!isOver && process.timers === 0 && client.mode.get().mode !== "normal")
				world.fail(`${name} is parked: ${status}`);
		}
		for (const { url, overload } of world.gateways)
			if (overload > OVERHEAD_BYTES) world.fail(`${url} keeps ${overload} bytes too many`);
		world.clock.setTimeout(look, 1_000, "watch");
	};
	look();
}

async function judge(world: World): Promise<void> {
	for (const what of await missed(world)) world.fail(what);
	world.ledger.close((entry) =>
		world.devices.some((device) => device.name === entry.by && device.isExcused(entry)),
	);
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
