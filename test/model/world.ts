/*
 * One client, two gateways, one log, and everything that is on its way between them. This file is
 * bundled with the sources that it drives; the search outside makes the choices.
 *
 *   client ── up ──▶ gateway 0 ─╮
 *          ◀─ down ─            ├── log
 *          ── up ──▶ gateway 1 ─╯
 */
import { position, subscriptionState } from "../../src/channels/channel.js";
import { dueAt, entries } from "../../src/channels/outbox.js";
import { MemoryLog } from "../../src/server/memory-log.js";
import { ModelClient } from "./client.js";
import { ModelClock } from "./clock.js";
import { AGE_MS, age, digest, EXPIRE_MS } from "./digest.js";
import { waysTo } from "./faults.js";
import { BEAT_MS, type Gateway, openGateway, type Permissions } from "./gateway.js";
import { Ledger } from "./ledger.js";
import { Network } from "./network.js";
import type { Fault, ModelWorld, Scenario } from "./scenario.js";
import type { Wire } from "./wire.js";

/** Longer than every pushback, and than a server waits before it reads again. */
const WAIT_MS = 1_500;
/** After these, whoever is connected gets what is stored, without being told to ask. */
const PROMPT: ReadonlySet<Fault> = new Set(["cut", "crash", "die", "deny", "expire"]);
const FORGETS: ReadonlySet<Fault> = new Set(["age", "restart-all", "restart-tail", "restart-none"]);
const RETAIN = { messages: 100, ms: 6e8 };

export function create(scenario: Scenario): ModelWorld {
	return new World(scenario);
}

class World implements ModelWorld {
	readonly #scenario: Scenario;
	readonly #clock = new ModelClock();
	readonly #ledger = new Ledger();
	readonly #log: MemoryLog;
	readonly #rights: Permissions = { mayPublish: true, mayListen: true };
	#gateways: readonly Gateway[];
	readonly #client: ModelClient;
	readonly #network: Network;
	/** What has been used up of the scenario's budget. */
	readonly #used = {
		appends: 0,
		ephemerals: 0,
		dials: 0,
		polls: 0,
		posts: 0,
		returns: 0,
		beats: 0,
		faults: 0,
	};
	#isDenied = false;
	#healed = 0;
	/** Where the client was before the first report of the heads. */
	#late: string[] = [];

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
		for (const { name, isHandled, isAwaited, answer } of this.#network.posts.all) {
			if (!isHandled) moves.push(`request ${name}`);
			if (!isAwaited) moves.push(`forget ${name}`);
			if (answer !== null) moves.push(`reply ${name}`);
		}
		this.#gateways.forEach(({ log }, index) => {
			for (const { words } of log.calls) moves.push(`log ${index} ${words}`);
		});
		if (this.#network.poll !== null && this.#network.poll.answer !== null) moves.push("answer");
		if (this.#network.retiring.length > 0) moves.push("retire");
		if (this.#client.disk.length > 0) moves.push("disk");
		if (this.#isWaiting) moves.push("wait");
		return moves;
	}

	#events(): string[] {
		const { publishes, appends, ephemerals, polls, posts, beats } = this.#scenario;
		const used = this.#used;
		const events: string[] = [];
		if (this.#canDial) events.push("dial");
		if (this.#client.published < publishes) events.push("publish");
		if (used.appends < appends) events.push("append");
		if (used.ephemerals < ephemerals) events.push("broadcast");
		if (used.polls < polls && this.#network.poll === null) events.push("poll");
		if (used.returns < this.#scenario.returns) events.push("return");
		if (used.posts < posts && this.#mayPost) events.push("post");
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

	/** HTTP works: publishes go that way while no link does. */
	get #mayPost(): boolean {
		const isLinked = this.#network.wires.some(({ status }) => status === "open");
		return !isLinked && this.#client.outbox.route === null;
	}

	get #isWaiting(): boolean {
		const { outbox, deferred } = this.#client;
		const isHeld = dueAt(outbox) < this.#clock.elapsed + BEAT_MS;
		return isHeld || deferred.length > 0 || this.#clock.isSlept;
	}

	// ── what happens ─────────────────────────────────────────────────────────────────────────────
	act(action: string): void {
		for (const { log } of this.#gateways) log.isBusy = false;
		Object.assign(this.#rights, { mayListen: true, mayPublish: !this.#isDenied });
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
			case "request":
				return this.#network.posts.handle(what, this.#gateways);
			case "forget":
				return this.#network.posts.forget(what);
			case "reply":
				return this.#network.posts.receive(what, this.#client);
			case "answer":
				return this.#network.receivePoll();
			case "retire":
				return this.#network.retire();
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
			case "return":
				used.returns += 1;
				return this.#network.comeBack();
			case "post":
				used.posts += 1;
				return this.#network.openPosts(used.posts % 2, RETAIN.ms);
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
				if (wire !== undefined) return this.#network.lose(wire);
				return what === "poll"
					? this.#network.closePoll()
					: this.#network.posts.lose(what, this.#client);
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
				for (const { log } of this.#gateways) log.isBusy = true;
				return wire === undefined
					? this.#network.posts.handle(what, this.#gateways)
					: wire.handle();
			case "refuse":
				Object.assign(this.#rights, { mayListen: false, mayPublish: false });
				for (const [, id = ""] of (wire?.up[0] ?? "").matchAll(/"id":"(m\d)"/g))
					this.#ledger.turnedDown.add(id);
				return wire?.handle();
			case "expire":
				return this.#pass(EXPIRE_MS);
			case "deny":
				this.#isDenied = true;
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

	#gatewayAt(index: number): Gateway {
		return this.#gateways[index] as Gateway;
	}

	#openGateway(): Gateway {
		const world = { log: this.#log, clock: this.#clock, rights: this.#rights };
		return openGateway(world, this.#scenario);
	}

	#crash(index: number): void {
		this.#network.loseAll(({ gateway }) => gateway === index);
		const fresh = this.#openGateway();
		this.#gateways = this.#gateways.map((gateway, at) => (at === index ? fresh : gateway));
	}

	/** By turns at one gateway and the other. */
	#dial(): void {
		const index = this.#used.dials % 2;
		this.#network.dial(index, this.#gatewayAt(index));
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
			[this.#used, now, this.#isDenied, this.#client.state, this.#network.state],
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
		if (this.#healed === 0 && this.#isPrompt) this.#late = [...this.#missing];
		this.#healed += 1;
		return this.#healed > 3 ? null : "beat";
	}

	get #missing(): readonly string[] {
		return this.#isOwed ? this.#ledger.missing() : [];
	}

	/** Nothing happens of which nobody but the log itself could tell. */
	get #isPrompt(): boolean {
		return this.#scenario.kinds.every((kind) => PROMPT.has(kind));
	}

	/** Nothing is forgotten, and no append is late. */
	get #isKnown(): boolean {
		const { kinds, log } = this.#scenario;
		return log === "at-once" && kinds.every((kind) => !FORGETS.has(kind));
	}

	/** Who was told that he may not listen waits for nothing. */
	get #isOwed(): boolean {
		const { status } = subscriptionState(this.#client.channel);
		return this.#scenario.from !== "nowhere" && status !== "denied";
	}

	verdict(): readonly string[] {
		const { channel, outbox } = this.#client;
		const problems = [...this.#ledger.problems, ...this.#missing, ...this.#ledger.untrue()];
		problems.push(...this.#ledger.strays());
		for (const late of this.#late) problems.push(`${late} until heads are reported`);
		if (this.#isKnown) problems.push(...this.#ledger.needless());
		const waiting = entries(outbox).map(({ id }) => id);
		if (waiting.length > 0) problems.push(`stuck in the outbox: ${waiting.join(" ")}`);
		if (this.#scenario.persist === "memory")
			for (let count = 1; count <= this.#client.published; count += 1)
				if (!this.#ledger.told.has(`m${count}`)) problems.push(`m${count} never told`);
		const end = this.#ledger.entries.length;
		const held = position(channel)?.offset ?? null;
		if (this.#isOwed && held !== end) problems.push(`stuck at ${held} of ${end}`);
		return problems;
	}
}
