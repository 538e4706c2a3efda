/* What may happen next. */
import { dueAt } from "../../src/channels/outbox.js";
import type { ModelClient } from "./client.js";
import type { ModelClock } from "./clock.js";
import { waysTo } from "./faults.js";
import { BEAT_MS, type Gateway } from "./gateway.js";
import type { Ledger } from "./ledger.js";
import type { Network } from "./network.js";
import type { Scenario } from "./scenario.js";

/** What has been used up of a scenario's budget. */
export interface Used {
	appends: number;
	ephemerals: number;
	dials: number;
	polls: number;
	posts: number;
	returns: number;
	beats: number;
	faults: number;
}

/** A world, as who chooses and who judges sees it. */
export interface View {
	readonly scenario: Scenario;
	readonly used: Readonly<Used>;
	readonly clock: ModelClock;
	readonly ledger: Ledger;
	readonly client: ModelClient;
	readonly network: Network;
	readonly gateways: readonly Gateway[];
}

/** What is on its way arrives; what is waited for comes. */
export function moves(view: View): readonly string[] {
	const { network, gateways, client } = view;
	const found = [...onLinks(network), ...inRequests(network)];
	gateways.forEach(({ log }, index) => {
		for (const { words } of log.calls) found.push(`log ${index} ${words}`);
	});
	if (network.poll !== null && network.poll.answer !== null) found.push("answer");
	if (network.retiring.length > 0) found.push("retire");
	if (client.disk.length > 0) found.push("disk");
	if (isWaiting(view)) found.push("wait");
	return found;
}

function onLinks({ wires }: Network): string[] {
	const found: string[] = [];
	for (const { link, up, down, isOpen, server } of wires) {
		if (up.length > 0 && server !== null) found.push(`up ${link}`);
		if (down.length > 0) found.push(`down ${link}`);
		if (!isOpen && server !== null) found.push(`drop ${link}`);
	}
	return found;
}

function inRequests({ posts }: Network): string[] {
	const found: string[] = [];
	for (const { name, isHandled, isAwaited, answer } of posts.all) {
		if (!isHandled) found.push(`request ${name}`);
		if (!isAwaited) found.push(`forget ${name}`);
		if (answer !== null) found.push(`reply ${name}`);
	}
	return found;
}

function isWaiting({ client: { outbox, deferred }, clock }: View): boolean {
	const isHeld = dueAt(outbox) < clock.elapsed + BEAT_MS;
	return isHeld || deferred.length > 0 || clock.isSlept;
}

export function events(view: View): readonly string[] {
	const { scenario, used, client, network, ledger } = view;
	const found: string[] = [];
	if (canDial(view)) found.push("dial");
	if (client.published < scenario.publishes) found.push("publish");
	if (used.appends < scenario.appends) found.push("append");
	if (used.ephemerals < scenario.ephemerals) found.push("broadcast");
	if (used.polls < scenario.polls && network.poll === null) found.push("poll");
	if (used.returns < scenario.returns) found.push("return");
	if (used.posts < scenario.posts && canPost(view)) found.push("post");
	if (used.beats < scenario.beats && network.held.length > 0) found.push("beat");
	if (scenario.kinds.includes("die") && ledger.finished < client.seen.length) found.push("finish");
	return found;
}

/** A second link only beside one that is welcomed: a migration. */
function canDial({ network, used, scenario }: View): boolean {
	const open = network.wires.filter(({ isOpen }) => isOpen);
	const isLone = open.length === 0 || (open.length === 1 && open[0]?.status === "open");
	return isLone && used.dials < scenario.dials;
}

/** HTTP works: publishes go that way while no link does. */
function canPost({ network, client }: View): boolean {
	const isLinked = network.wires.some(({ status }) => status === "open");
	return !isLinked && client.outbox.route === null;
}

export function faults({ scenario, used, network }: View): readonly string[] {
	if (used.faults >= scenario.faults) return [];
	return scenario.kinds.flatMap((kind) => waysTo(kind, network));
}
