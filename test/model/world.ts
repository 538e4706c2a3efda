/*
 * One client, two gateways, one log, and everything that is on its way between them. This file is
 * bundled with the sources that it drives; the search outside makes the choices.
 *
 *   client ── up ──▶ gateway 0 ─╮
 *          ◀─ down ─            ├── log
 *          ── up ──▶ gateway 1 ─╯
 */
import { MemoryLog } from "../../src/server/memory-log.js";
import { events, faults, moves, type Used, type View } from "./choices.js";
import { ModelClient } from "./client.js";
import { ModelClock } from "./clock.js";
import { AGE_MS, age, digest, EXPIRE_MS } from "./digest.js";
import { BEAT_MS, type Gateway, openGateway, type Permissions } from "./gateway.js";
import { Ledger } from "./ledger.js";
import { Network } from "./network.js";
import type { Fault, ModelWorld, Scenario } from "./scenario.js";
import { late, verdict } from "./verdict.js";
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
	readonly #rights: Permissions = { mayPublish: true, mayListen: true };
	#gateways: readonly Gateway[];
	readonly #client: ModelClient;
	readonly #network: Network;
	/** What has been used up of the scenario's budget. */
	readonly #used: Used = {
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
	#late: readonly string[] = [];

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
		return [...moves(this.#view), ...events(this.#view), ...faults(this.#view)];
	}

	isQuiet(): boolean {
		return moves(this.#view).length === 0;
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
		const [move] = moves(this.#view);
		if (move !== undefined) return move;
		if (!this.#network.wires.some(({ isOpen }) => isOpen)) {
			return "dial";
		}
		if (this.#healed === 0) this.#late = late(this.#view);
		this.#healed += 1;
		return this.#healed > 3 ? null : "beat";
	}

	verdict(): readonly string[] {
		return verdict(this.#view, this.#late);
	}

	get #view(): View {
		return {
			scenario: this.#scenario,
			used: this.#used,
			clock: this.#clock,
			ledger: this.#ledger,
			client: this.#client,
			network: this.#network,
			gateways: this.#gateways,
		};
	}
}
