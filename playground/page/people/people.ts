/* Both people of the page, made once the edge says where to dial, and anew when they shall poll another way. */
import type { VisitState } from "../../edge/control/contract.js";
import { pageState } from "../app/page-state.js";
import { Store } from "../app/store.js";
import { Live } from "../control/live.js";
import { Reporter } from "../ledger/reporter.js";
import { CHANNELS } from "./channels.js";
import { Person } from "./person.js";
import { PROFILES, type Profile } from "./profiles.js";
import { startSmallTalk } from "./small-talk.js";

const MOST_VISITS = 100;
const someLetters = (): string => crypto.randomUUID().slice(0, 8);

/** The same over reloads of this window, so that what it queued is still its own. */
const windowId = remembered("holdfast-window");
/** Of this life of the page: in the ledger a reload is somebody new. */
const lifeId = someLetters();
let generation = 0;

function remembered(key: string): string {
	const made = someLetters();
	try {
		const known = sessionStorage.getItem(key);
		if (known !== null && /^[\da-f]{8}$/.test(known)) return known;
		sessionStorage.setItem(key, made);
	} catch {
		// Storage that is forbidden: this life of the page has a name of its own.
	}
	return made;
}

const inLedger = ({ id }: Profile, at: number): string => `page-${lifeId}-${id}-${at}`;

/** Names for as many changes of polling; then they come again, and who had them has left. */
const MOST_GENERATIONS = 20;

export const live = new Live(
	PROFILES.flatMap((profile) =>
		Array.from({ length: MOST_GENERATIONS }, (_, at) => inLedger(profile, at)),
	),
	() => {
		for (const { reporter } of people.get() ?? []) reporter.rejoin();
	},
);

/** Null until the edge is ready. */
export const people = new Store<readonly Person[] | null>(null);
/** Where each was led, oldest first, by identity. */
export const visits = new Store<Readonly<Record<string, readonly VisitState[]>>>({});

let endTalk: (() => void) | null = null;

/** One after the other: two changes in a row must not make four people. */
let settling: Promise<void> = Promise.resolve();
const settle = (): void => {
	settling = settling.then(replacePeople);
};

async function replacePeople(): Promise<void> {
	const where = live.where.get();
	if (where === null) return;
	endTalk?.();
	const before = people.get() ?? [];
	people.set(null);
	for (const { reporter } of before) reporter.leave();
	// A queue in storage is one client's at a time.
	await Promise.all(before.map(({ client }) => client.close().catch(() => undefined)));
	const { polling } = pageState.get();
	const at = generation++ % MOST_GENERATIONS;
	const made = PROFILES.map((profile) => {
		const reporter = new Reporter(inLedger(profile, at), (report) => live.control.report(report));
		const identity = `${profile.id}-${windowId}`;
		return new Person({ profile, identity, where, polling, reporter });
	});
	people.set(made);
	talk();
}

function talk(): void {
	endTalk?.();
	endTalk = null;
	const [general, , random] = CHANNELS;
	const now = people.get();
	if (now === null || pageState.get().talk === "off" || !general || !random) return;
	endTalk = startSmallTalk(now, general.id, random.id);
}

function noteVisits(): void {
	const state = live.state.get();
	let known = visits.get();
	for (const visit of state?.visits ?? []) {
		// Another window has its own page for it.
		if (!visit.visitor.endsWith(windowId)) continue;
		const before = known[visit.visitor] ?? [];
		const isKnown = before.some(
			({ name, askedAt }) => name === visit.name && askedAt === visit.askedAt,
		);
		if (isKnown) continue;
		known = { ...known, [visit.visitor]: [...before, visit].slice(-MOST_VISITS) };
	}
	visits.set(known);
}

/** What was done to the edge, into everybody's timeline. */
export function noteAction(words: string): void {
	for (const { log } of people.get() ?? []) log.note({ is: "action", words });
}

/** Once, before the page is rendered. */
export function startPeople(): void {
	live.where.subscribe(settle);
	live.state.subscribe(noteVisits);
	let { polling, talk: talking } = pageState.get();
	pageState.subscribe(() => {
		const now = pageState.get();
		if (now.polling !== polling) settle();
		if (now.talk !== talking) talk();
		({ polling, talk: talking } = now);
	});
	void live.run();
}
