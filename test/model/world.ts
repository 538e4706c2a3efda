/*
 * One client, two gateways, one log, and everything that is on its way between them. This file is
 * bundled with the sources that it drives; the search outside makes the choices.
 *
 *   client ── up ──▶ gateway 0 ─╮
 *          ◀─ down ─            ├── log
 *          ── up ──▶ gateway 1 ─╯
 */
import { isAnswered, position } from "../../src/channels/channel.js";
import type { LinkId } from "../../src/channels/contract.js";
import { dueAt, entries } from "../../src/channels/outbox.js";
import { decodePollResponse, decodeServerMessage } from "../../src/protocol/decode-server.js";
import type { PollRequest, ServerFrame, SubscribeFrame } from "../../src/protocol/frames.js";
import { SERVER_TEXT } from "../../src/protocol/limits.js";
import { MemoryLog } from "../../src/server/memory-log.js";
import { ModelClient } from "./client.js";
import { ModelClock } from "./clock.js";
import { AGE_MS, age, digest } from "./digest.js";
import { BEAT_MS, type Gateway, openGateway } from "./gateway.js";
import { Ledger } from "./ledger.js";
import type { Fault, ModelWorld, Scenario } from "./scenario.js";
import { CLOSED, Wire } from "./wire.js";

/** Longer than every pushback, and than a server waits before it reads again. */
const WAIT_MS = 1_500;
/** What a gateway cannot answer without its log. */
const ASKS_LOG = /"(subscribe|publish)"/;
const RETAIN = { messages: 100, ms: 6e8 };

interface Poll {
	readonly link: LinkId;
	request: PollRequest;
	answer: string | null;
}

export function create(scenario: Scenario): ModelWorld {
	return new World(scenario);
}

class World implements ModelWorld {
	readonly #scenario: Scenario;
	readonly #clock = new ModelClock();
	readonly #ledger = new Ledger();
	readonly #log: MemoryLog;
	#gateways: readonly Gateway[];
	readonly #client: ModelClient;
	#wires: readonly Wire[] = [];
	#poll: Poll | null = null;
	#links = 0;
	/** What has been used up of the scenario's budget. */
	readonly #used = { appends: 0, ephemerals: 0, dials: 0, polls: 0, beats: 0, faults: 0 };
	#healed = 0;

	constructor(scenario: Scenario) {
		this.#scenario = scenario;
		const clock = this.#clock;
		this.#log = new MemoryLog({ retain: RETAIN, runtime: { clock, random: () => 0.5 } });
		void this.#log.follow("c", (message) => this.#ledger.appended(message));
		this.#gateways = [0, 1].map(() => openGateway(this.#log, clock, scenario.log));
		this.#client = new ModelClient(scenario, clock, this.#ledger, {
			ask: (link, frame) => this.#ask(link, frame),
			send: ({ route, publishes }) => {
				const frames = publishes.map(({ first, ...publish }) =>
					first ? { type: "publish", ...publish, first } : { type: "publish", ...publish },
				);
				this.#sendUp(route.link, frames);
			},
		});
	}

	get problems(): readonly string[] {
		return this.#ledger.problems;
	}

	// ── what may happen ──────────────────────────────────────────────────────────────────────────
	actions(): readonly string[] {
		return [...this.#moves(), ...this.#events(), ...this.#faults()];
	}

	isQuiet(): boolean {
		return this.#moves().length === 0;
	}

	/** What is on its way arrives; what is waited for comes. */
	#moves(): string[] {
		const moves: string[] = [];
		for (const wire of this.#wires) {
			if (wire.up.length > 0 && wire.server !== null) moves.push(`up ${wire.link}`);
			if (wire.down.length > 0) moves.push(`down ${wire.link}`);
			if (!wire.isOpen && wire.server !== null) moves.push(`drop ${wire.link}`);
		}
		this.#gateways.forEach(({ log }, index) => {
			for (const { words } of log.calls) moves.push(`log ${index} ${words}`);
		});
		if (this.#poll !== null && this.#poll.answer !== null) moves.push("answer");
		if (this.#client.disk.length > 0) moves.push("disk");
		if (this.#isWaiting) moves.push("wait");
		return moves;
	}

	#events(): string[] {
		const { publishes, appends, ephemerals, polls, beats } = this.#scenario;
		const used = this.#used;
		const events: string[] = [];
		if (this.#canDial) events.push("dial");
		if (this.#client.published < publishes) events.push("publish");
		if (used.appends < appends) events.push("append");
		if (used.ephemerals < ephemerals) events.push("broadcast");
		if (used.polls < polls && this.#poll === null) events.push("poll");
		if (used.beats < beats && this.#wires.some(({ server }) => server !== null))
			events.push("beat");
		if (this.#scenario.kinds.includes("die") && this.#ledger.finished < this.#client.seen.length)
			events.push("finish");
		return events;
	}

	#faults(): string[] {
		if (this.#used.faults >= this.#scenario.faults) return [];
		return this.#scenario.kinds.flatMap((kind) => this.#waysTo(kind));
	}

	#waysTo(kind: Fault): readonly string[] {
		const alive = this.#wires.filter(({ isOpen }) => isOpen);
		switch (kind) {
			case "cut":
				return [...alive.map(({ link }) => `cut ${link}`), ...(this.#poll ? ["cut poll"] : [])];
			case "crash":
				return [0, 1]
					.filter((gateway) => this.#wires.some((wire) => wire.gateway === gateway && wire.server))
					.map((gateway) => `crash ${gateway}`);
			case "busy":
				return this.#wires
					.filter(({ up, server }) => server !== null && up.some((text) => ASKS_LOG.test(text)))
					.map(({ link }) => `busy ${link}`);
			default:
				return [kind];
		}
	}

	/** A second link only beside one that is welcomed: a migration. */
	get #canDial(): boolean {
		const open = this.#wires.filter(({ isOpen }) => isOpen);
		const isLone = open.length === 0 || (open.length === 1 && open[0]?.status === "open");
		return isLone && this.#used.dials < this.#scenario.dials;
	}

	get #isWaiting(): boolean {
		const { outbox, deferred } = this.#client;
		const isHeld = dueAt(outbox) < this.#clock.elapsed + BEAT_MS;
		return isHeld || deferred.length > 0 || this.#clock.isSlept;
	}

	// ── what happens ─────────────────────────────────────────────────────────────────────────────
	act(action: string): void {
		for (const { log } of this.#gateways) log.isBusy = false;
		const [verb = "", what = "", ...words] = action.split(" ");
		const wire = this.#wires.find(({ link }) => `${link}` === what);
		switch (verb) {
			case "up":
				return wire?.handle();
			case "down":
				return wire && this.#receive(wire);
			case "drop":
				return wire?.dropUp();
			case "log":
				return this.#gateways[Number(what)]?.log.complete(words.join(" "));
			case "answer":
				return this.#receivePoll();
			case "disk":
				return this.#client.workDisk();
			case "wait":
				return this.#pass(WAIT_MS);
			default:
				return this.#happen(verb, what, wire);
		}
	}

	#happen(verb: string, what: string, wire: Wire | undefined): void {
		const used = this.#used;
		switch (verb) {
			case "dial":
				used.dials += 1;
				return this.#dial();
			case "publish":
				return this.#client.publish();
			case "append":
				used.appends += 1;
				return void this.#somebody.publish("c", 0, { id: `a${used.appends}` });
			case "broadcast":
				used.ephemerals += 1;
				return void this.#log.broadcast("c", {
					id: `e${used.ephemerals}`,
					from: null,
					data: 0,
					at: 0,
				});
			case "poll":
				used.polls += 1;
				return this.#openPoll();
			case "beat":
				used.beats += 1;
				return this.#pass(BEAT_MS);
			case "finish":
				this.#ledger.finished += 1;
				return;
			default:
				used.faults += 1;
				return this.#fail(verb as Fault, what, wire);
		}
	}

	#fail(kind: Fault, what: string, wire: Wire | undefined): void {
		switch (kind) {
			case "cut":
				return wire === undefined ? this.#closePoll() : this.#lose(wire);
			case "crash":
				return this.#crash(Number(what));
			case "restart-all":
				this.#log.restart({ keep: "all" });
				return this.#ledger.broke(0);
			case "restart-tail":
				this.#log.restart({ keep: { lostTail: 1 } });
				return this.#ledger.broke(1);
			case "restart-none":
				this.#log.restart({ keep: "none" });
				return this.#ledger.broke(Number.POSITIVE_INFINITY);
			case "busy":
				if (wire !== undefined) this.#gatewayOf(wire).log.isBusy = true;
				return wire?.handle();
			case "age":
				this.#ledger.breaks += 1;
				// No link lives through it, nor what was on its way.
				for (const each of this.#wires) {
					each.dropUp();
					if (each.isOpen) this.#lose(each);
				}
				return this.#pass(AGE_MS);
			case "die":
				for (const each of this.#wires) each.hangUp();
				this.#poll = null;
				return this.#client.die();
			default:
				return kind satisfies never;
		}
	}

	get #somebody(): Gateway["server"] {
		return (this.#gateways[0] as Gateway).server;
	}

	#gatewayOf(wire: Wire): Gateway {
		return this.#gateways[wire.gateway] as Gateway;
	}

	#crash(index: number): void {
		for (const wire of this.#wires.filter(({ gateway }) => gateway === index)) {
			wire.dropUp();
			if (wire.isOpen) this.#lose(wire);
		}
		const fresh = openGateway(this.#log, this.#clock, this.#scenario.log);
		this.#gateways = this.#gateways.map((gateway, at) => (at === index ? fresh : gateway));
	}

	#pass(ms: number): void {
		this.#clock.elapsed += ms;
		this.#client.tick();
	}

	// ── links ────────────────────────────────────────────────────────────────────────────────────
	/** By turns at one gateway and the other. */
	#dial(): void {
		const link = ++this.#links;
		const gateway = this.#used.dials % 2;
		const wire = new Wire(link, gateway, this.#gateways[gateway] as Gateway);
		this.#wires = [...this.#wires, wire];
		const hello = { type: "hello", token: "ann", class: "boot", client: "box", link };
		const frames: unknown[] = [{ ...hello, name: "model", version: "1" }];
		this.#asked = (frame) => frames.push(frame);
		this.#client.open(link, "websocket");
		this.#asked = null;
		wire.up = [JSON.stringify(frames)];
	}

	/** Asks of a link that is being opened go into its first text. */
	#asked: ((frame: SubscribeFrame) => void) | null = null;

	#ask(link: LinkId, frame: SubscribeFrame): void {
		if (this.#asked !== null) this.#asked(frame);
		else if (link > 0) this.#sendUp(link, [frame]);
	}

	#sendUp(link: LinkId, frames: readonly unknown[]): void {
		const wire = this.#wires.find((other) => other.link === link);
		if (wire?.isOpen && wire.server !== null) wire.up = [...wire.up, JSON.stringify(frames)];
	}

	#receive(wire: Wire): void {
		const [text = "", ...rest] = wire.down;
		wire.down = rest;
		if (text === CLOSED) return this.#lose(wire);
		for (const frame of decodeServerMessage(text, SERVER_TEXT)) this.#hear(wire, frame);
		this.#retire();
	}

	#hear(wire: Wire, frame: ServerFrame): void {
		if (frame.type === "welcome") wire.status = "open";
		if (wire.isOpen) this.#client.receive(wire.link, frame);
	}

	/** Rule 10: the old link closes after the new one's answer for every channel. */
	#retire(): void {
		const open = this.#wires.filter(({ isOpen }) => isOpen);
		const newest = open.at(-1);
		if (newest === undefined || newest.status !== "open") return;
		const { from } = this.#scenario;
		if (from !== "nowhere" && !isAnswered(this.#client.channel, newest.link)) return;
		for (const wire of open) if (wire !== newest) this.#lose(wire);
	}

	/** With the link that publishes goes the one that it had replaced: on that one nothing is sent any more. */
	#lose(wire: Wire): void {
		const isLive = wire.status === "open";
		wire.hangUp();
		this.#client.feedChannel({ type: "link-closed", link: wire.link });
		this.#client.feedOutbox({ type: "route-closed", link: wire.link });
		const older = this.#wires.filter(({ isOpen, link }) => isOpen && link < wire.link);
		if (isLive) for (const each of older) this.#lose(each);
	}

	// ── polls ────────────────────────────────────────────────────────────────────────────────────
	#openPoll(): void {
		this.#links += 1;
		const link = -this.#links;
		const poll: Poll = { link, request: { channels: {}, waitMs: 0 }, answer: null };
		this.#asked = ({ id, channel, from }) => {
			poll.request = { channels: { [channel]: { id, from } }, waitMs: 0 };
		};
		this.#client.open(link, "polling");
		this.#asked = null;
		this.#poll = poll;
		const body = new TextEncoder().encode(JSON.stringify(poll.request));
		const request = requestOf(body);
		void this.#somebody.handle(request as unknown as Request, null).then((response) => {
			poll.answer = (response as unknown as { readonly body: string }).body;
		});
	}

	#receivePoll(): void {
		const poll = this.#poll;
		if (poll?.answer == null) return;
		const { frames } = decodePollResponse(poll.answer, SERVER_TEXT);
		for (const frame of frames) this.#client.receive(poll.link, frame);
		this.#closePoll();
	}

	#closePoll(): void {
		const poll = this.#poll;
		this.#poll = null;
		if (poll !== null) this.#client.feedChannel({ type: "link-closed", link: poll.link });
	}

	// ── after it ─────────────────────────────────────────────────────────────────────────────────
	runTimer(): boolean {
		// Of a link that both sides have done with, nothing is left.
		this.#wires = this.#wires.filter(({ isOpen, server }) => isOpen || server !== null);
		return this.#clock.runOne();
	}

	clientDigest(): string {
		const { entries: log, delivered, told, excused, gaps, breaks, finished } = this.#ledger;
		const wires = this.#wires.map(({ link, gateway, up, down, status, server }) => [
			...[link, gateway, timeless(up), timeless(down), status, server !== null],
		]);
		const now = age(this.#clock.elapsed);
		return digest([
			[this.#used, now, this.#client.state, this.#poll, this.#links, wires],
			[log, delivered, [...told], [...excused].sort(), gaps, breaks, finished],
		]);
	}

	serverDigest(): string {
		return digest([
			this.#clock.timers.map(({ label }) => label).sort(),
			this.#wires.map(({ server }) => server),
			this.#log,
			this.#gateways,
		]);
	}

	heal(): string | null {
		const [move] = this.#moves();
		if (move !== undefined) return move;
		if (!this.#wires.some(({ isOpen }) => isOpen)) {
			return "dial";
		}
		this.#healed += 1;
		return this.#healed > 3 ? null : "beat";
	}

	get #missing(): readonly string[] {
		return this.#scenario.from === "nowhere" ? [] : this.#ledger.missing();
	}

	verdict(): readonly string[] {
		const { channel, outbox } = this.#client;
		const problems = [...this.#ledger.problems, ...this.#missing, ...this.#ledger.untrue()];
		const waiting = entries(outbox).map(({ id }) => id);
		if (waiting.length > 0) problems.push(`stuck in the outbox: ${waiting.join(" ")}`);
		if (this.#scenario.persist === "memory")
			for (let count = 1; count <= this.#client.published; count += 1)
				if (!this.#ledger.told.has(`m${count}`)) problems.push(`m${count} never told`);
		const end = this.#ledger.entries.length;
		const held = position(channel)?.offset ?? null;
		if (this.#scenario.from !== "nowhere" && held !== end)
			problems.push(`stuck at ${held} of ${end}`);
		return problems;
	}
}

/** Texts without the instants in them. */
function timeless(texts: readonly string[]): readonly string[] {
	return texts.map((text) => text.replace(/"at":\d+/g, ""));
}

/** As much of a Request as a poll needs. */
function requestOf(body: Uint8Array): object {
	let isRead = false;
	const read = async (): Promise<object> => {
		if (isRead) return { done: true };
		isRead = true;
		return { done: false, value: body };
	};
	return {
		url: "http://model/poll",
		method: "POST",
		headers: { get: (name: string) => (name === "authorization" ? "Bearer ann" : null) },
		body: { getReader: () => ({ read, releaseLock: () => undefined }) },
		signal: new AbortController().signal,
	};
}
