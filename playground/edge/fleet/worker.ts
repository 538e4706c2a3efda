/* A thread of the fleet: its clients, started as fast as they arrive, and what they tell, four times a second. */
import { parentPort, workerData } from "node:worker_threads";
import {
	type FromThread,
	NOBODY,
	type Recovery,
	type ThreadCounts,
	type ThreadData,
	type ToThread,
} from "./contract.js";
import { type Dialling, dialling } from "./dialling.js";
import { Floor } from "./floor.js";
import { Member } from "./member.js";
import { startsNow } from "./starts.js";

const TELL_MS = 250;
const GROW_MS = 25;

const { world, manners, thread, threads } = workerData as ThreadData;
const ways: readonly Dialling[] = world.neighbourhoods.map((from) =>
	dialling(world, from, manners.names),
);
const floor = new Floor(manners.mostSpeaking);
const members = new Map<number, Member>();
/** A name is free again when it was told that its holder has left, or the ledger would take the next one for that. */
const leaving = new Set<number>();
const last = {
	recoveries: [] as Recovery[],
	left: [] as { readonly n: number; readonly name: string }[],
	reports: [] as FromThread["reports"][number][],
};
let wanted = 0;
let underWay = 0;
let grown = { at: performance.now(), rest: 0 };

const missing = (): number => Math.ceil(Math.max(0, wanted - thread) / threads) - members.size;

function grow(): void {
	floor.isOpen = !isHushed();
	const at = performance.now();
	const asked = { missing: missing(), underWay, sinceMs: at - grown.at, rest: grown.rest };
	const { starts, rest } = startsNow(asked, manners);
	grown = { at, rest };
	let left = starts;
	for (let n = thread; n < wanted && left > 0; n += threads) {
		if (members.has(n) || leaving.has(n)) continue;
		underWay += 1;
		left -= 1;
		members.set(n, newMember(n));
	}
}

function isHushed(): boolean {
	return manners.speaks === "when-all-are-there" && (missing() > 0 || underWay > 0);
}

function newMember(n: number): Member {
	const { endpoints, api } = world.node;
	return new Member({
		name: `fleet-${n}`,
		channel: `fleet.${Math.floor(n / manners.room)}`,
		endpoints,
		api,
		// Room-mates live apart: what one says crosses PoPs to the others.
		dialling: ways[n % ways.length] as Dialling,
		rate: manners.rate,
		burst: manners.burst,
		patienceMs: manners.patienceMs,
		floor,
		// Pages look into the first room; in the others it would only be work.
		isTypingShown: n < manners.room,
		settled: () => {
			underWay -= 1;
		},
		recovered: (recovery) => last.recoveries.push(recovery),
	});
}

function shrink(): void {
	for (const [n, member] of members) {
		if (n < wanted) continue;
		members.delete(n);
		void remove(n, member);
	}
}

async function remove(n: number, member: Member): Promise<void> {
	leaving.add(n);
	await member.close().catch(() => undefined);
	collect(member);
	last.left.push({ n, name: member.name });
}

function collect(member: Member): void {
	const events = member.takeEvents();
	if (events.length > 0) last.reports.push({ client: member.name, events });
}

function count(): ThreadCounts {
	const counts = { ...NOBODY, clients: members.size };
	for (const { client, errors, outages } of members.values()) {
		const state = client.connection.get();
		if (state.status === "connected") counts[state.role] += 1;
		const { mode } = client.mode.get();
		if (mode !== "normal") counts[mode] += 1;
		const { dials, failovers, migrations, outbox } = client.stats.get();
		counts.dials += dials;
		counts.failovers += failovers;
		counts.migrations += migrations;
		counts.outbox += outbox;
		counts.errors += errors;
		counts.outages += outages;
	}
	return counts;
}

function tell(): void {
	for (const member of members.values()) collect(member);
	const left = last.left.splice(0);
	for (const { n } of left) leaving.delete(n);
	const told: FromThread = {
		counts: count(),
		reports: last.reports.splice(0),
		recoveries: last.recoveries.splice(0),
		left: left.map(({ name }) => name),
	};
	parentPort?.postMessage(told);
}

const timers = [setInterval(grow, GROW_MS), setInterval(tell, TELL_MS)];

async function stop(): Promise<void> {
	for (const timer of timers) clearInterval(timer);
	await Promise.all([...members.values()].map((member) => member.close().catch(() => undefined)));
	tell();
	for (const way of ways) way.stop();
	parentPort?.close();
}

parentPort?.on("message", (order: ToThread) => {
	if (order.do === "stop") return void stop();
	// The whole thread: no timer fires, nothing is read, and its sockets stay open, as those of a laptop that is shut.
	if (order.do === "sleep")
		return void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.ms);
	wanted = order.clients;
	shrink();
	grow();
});
