/*
 * One client, two gateways, one log, and everything that is on its way between them. This file is
 * bundled with the sources that it drives; the search outside makes the choices.
 *
 *   client ── up ──▶ gateway 0 ─╮
 *          ◀─ down ─            ├── log
 *          ── up ──▶ gateway 1 ─╯
 */
import { position } from "../../src/channels/channel.js";
import { dueAt, entries } from "../../src/channels/outbox.js";
import { MemoryLog } from "../../src/server/memory-log.js";
import { ModelClient } from "./client.js";
import { ModelClock } from "./clock.js";
import { AGE_MS, age, digest } from "./digest.js";
import { waysTo } from "./faults.js";
import { BEAT_MS, type Gateway, openGateway, type Permissions } from "./gateway.js";
import { Ledger } from "./ledger.js";
import { Network } from "./network.js";
import type { Fault, ModelWorld, Scenario } from "./scenario.js";
import type { Wire } from "./wire.js";

/** Longer than every pushback, and than a server waits before it reads again. */
const WAIT_MS = 1_500;
const RETAIN = { messages: 100, ms: 6e8 };

export function create(scenario: Scenario): ModelWorld {
	return new World(scenario);
}

class World implements ModelWorld {
	readonly #scenario: Scenario;
	readonly #clock = new ModelClock();
	readonly #ledger = new Ledger();
	readonly #log: MemoryLog;
	readonly #rights: Permissions = { mayPublish: true };
	#gateways: readonly Gateway[];
	readonly #client: ModelClient;
	readonly #network: Network;
	/** What has been used up of the scenario's budget. */
	readonly #used = { appends: 0, ephemerals: 0, dials: 0, polls: 0, beats: 0, faults: 0 };
	#healed = 0;

	constructor(scenario: Scenario) {
		this.#scenario = scenario;
		const clock = this.#clock;
		this.#log = new MemoryLog({ retain: RETAIN, runtime: { clock, random: () => 0.5 } });
		void this.#log.follow("c", (message) => this.#ledger.appended(message));
		this.#gateways = [0, 1].map(() => this.#openGateway());
		this.#network = new Network(scenario);
		this.#client = new ModelClient(scenario, clock, this.#ledger, this.#network);
		this.#network.connect(this.#client);
	}

	get problems(): readonly string[] {
		return this.#ledger.problems;
	}

	get heldLinks(): number {
		return this.#network.held.length;
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
		for (const wire of this.#network.wires) {
			if (wire.up.length > 0 && wire.server !== null) moves.push(`up ${wire.link}`);
			if (wire.down.length > 0) moves.push(`down ${wire.link}`);
			if (!wire.isOpen && wire.server !== null) moves.push(`drop ${wire.link}`);
		}
		this.#gateways.forEach(({ log }, index) => {
			for (const { words } of log.calls) moves.push(`log ${index} ${words}`);
		});
		if (this.#network.poll !== null && this.#network.poll.answer !== null) moves.push("answer");
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
		if (used.polls < polls && this.#network.poll === null) events.push("poll");
		if (used.beats < beats && this.#network.wires.some(({ server }) => server !== null))
			events.push("beat");
		if (this.#scenario.kinds.includes("die") && this.#ledger.finished < this.#client.seen.length)
			events.push("finish");
		return events;
	}

	#faults(): string[] {
		if (this.#used.faults >= this.#scenario.faults) return [];
		return this.#scenario.kinds.flatMap((kind) => waysTo(kind, this.#network));
	}

	/** A second link only beside one that is welcomed: a migration. */
	get #canDial(): boolean {
		const open = this.#network.wires.filter(({ isOpen }) => isOpen);
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
		const wire = this.#network.wires.find(({ link }) => `${link}` === what);
		switch (verb) {
			case "up":
				return wire?.handle();
			case "down":
				return wire && this.#network.receive(wire);
			case "drop":
				return wire?.dropUp();
			case "log":
				return this.#gateways[Number(what)]?.log.complete(words.join(" "));
			case "answer":
				return this.#network.receivePoll();
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
				return void this.#somebody.server.publish("c", 0, { id: `a${used.appends}` });
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
				return this.#network.openPoll(this.#somebody);
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
				return wire === undefined ? this.#network.closePoll() : this.#network.lose(wire);
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
			case "deny":
				this.#rights.mayPublish = false;
				return;
			case "age":
				this.#ledger.aged();
				// No link lives through it, nor what was on its way.
				this.#network.loseAll(() => true);
				return this.#pass(AGE_MS);
			case "die":
				this.#network.hangUp();
				return this.#client.die();
			default:
				return kind satisfies never;
		}
	}

	get #somebody(): Gateway {
		return this.#gateways[0] as Gateway;
	}

	#gatewayOf(wire: Wire): Gateway {
		return this.#gateways[wire.gateway] as Gateway;
	}

	#openGateway(): Gateway {
		const world = { log: this.#log, clock: this.#clock, rights: this.#rights };
		return openGateway(world, this.#scenario.log);
	}

	#crash(index: number): void {
		this.#network.loseAll(({ gateway }) => gateway === index);
		const fresh = this.#openGateway();
		this.#gateways = this.#gateways.map((gateway, at) => (at === index ? fresh : gateway));
	}

	/** By turns at one gateway and the other. */
	#dial(): void {
		const index = this.#used.dials % 2;
		this.#network.dial(index, this.#gateways[index] as Gateway);
	}

	#pass(ms: number): void {
		this.#clock.elapsed += ms;
		this.#client.tick();
	}

	// ── after it ─────────────────────────────────────────────────────────────────────────────────
	runTimer(): boolean {
		this.#network.sweep();
		const hasRun = this.#clock.runOne();
		if (!hasRun) for (const { log } of this.#gateways) log.forget();
		return hasRun;
	}

	clientDigest(): string {
		const now = age(this.#clock.elapsed);
		return digest([
			[this.#used, now, this.#rights, this.#client.state, this.#network.state],
			this.#ledger.state,
		]);
	}

	serverDigest(): string {
		return digest([
			this.#clock.timers.map(({ label }) => label).sort(),
			this.#network.held,
			this.#log,
			this.#gateways,
		]);
	}

	heal(): string | null {
		const [move] = this.#moves();
		if (move !== undefined) return move;
		if (!this.#network.wires.some(({ isOpen }) => isOpen)) {
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
