/*
 * The edge's names: the DNS server with the seeds' zones, what it is told of each PoP, and what it said.
 *
 *    what the monitor sees ──╮
 *    flips by hand ──────────┴─▶ up ──╮
 *    what is drained ─────────────────┤
 *    sockets of the gateways ─▶ load ─┴─▶ metadata of the chains ─▶ the next question
 */
import { seededRandom } from "holdfast/testing";
import type { EdgeConfig } from "./config.js";
import { namesOf } from "./config.js";
import type { DnsState, PopState, Role } from "./control/contract.js";
import type { Answered, DnsFault } from "./dns/answering.js";
import type { Arm, Drained } from "./dns/decide/contract.js";
import { type EdgeZones, edgeZones } from "./dns/edge-zones.js";
import { type DnsServer, startDnsServer } from "./dns/server.js";

const RECENT_MS = 10_000;

interface Answer {
	readonly name: string;
	readonly pop: string;
	readonly at: number;
}

export class Names {
	readonly #config: EdgeConfig;
	readonly #zones: EdgeZones;
	readonly #popOf = new Map<string, string>();
	readonly #seen = new Map<string, boolean>();
	readonly #byHand = new Map<string, boolean>();
	readonly #loads = new Map<string, number>();
	readonly #up = new Map<Role, boolean>();
	#server: DnsServer | null = null;
	#fault: DnsFault = { is: "none" };
	#asked = 0;
	#recent: Answer[] = [];

	constructor(config: EdgeConfig) {
		const { pops, domain, dnsAddress, ttl } = config;
		this.#config = config;
		const at = { parentAddress: dnsAddress, chainAddress: dnsAddress };
		this.#zones = edgeZones({ domain, pops, ttl, ...at });
		for (const { name, addresses } of pops)
			for (const address of addresses) this.#popOf.set(address, name);
	}

	get server(): DnsServer {
		if (this.#server === null) throw new Error("DNS does not run.");
		return this.#server;
	}

	/** `address`: where it listens. */
	async start(address: string): Promise<void> {
		const { parent, chains } = this.#zones;
		const answered = (answer: Answered): void => this.#note(answer);
		this.#server = await startDnsServer({
			zones: [parent, ...chains],
			address,
			answered,
			...(this.#config.seed === null ? {} : { random: seededRandom(this.#config.seed) }),
			// A fleet that resolves by DoH has a connection each.
			doh: { maxConnections: 1_000 },
		});
	}

	async stop(): Promise<void> {
		await this.#server?.stop();
		this.#server = null;
	}

	get state(): DnsState {
		const since = performance.now() - RECENT_MS;
		this.#recent = this.#recent.filter(({ at }) => at >= since);
		const answers: Record<string, Record<string, number>> = {};
		for (const { name, pop } of this.#recent) {
			const of = answers[name] ?? {};
			answers[name] = { ...of, [pop]: (of[pop] ?? 0) + 1 };
		}
		const { unanswered = 0 } = this.#server ?? {};
		return { fault: this.#fault, asked: this.#asked, unanswered, answers };
	}

	/** What it is told of a PoP. */
	of(pop: string): PopState["dns"] {
		const byHand = this.#byHand.get(pop);
		const up = byHand ?? this.#seen.get(pop) ?? true;
		return { up, by: byHand === undefined ? "monitor" : "hand", load: this.#loads.get(pop) ?? 0 };
	}

	isUp(name: Role): boolean {
		return this.#up.get(name) ?? true;
	}

	saw(pop: string, isUp: boolean): void {
		this.#seen.set(pop, isUp);
		this.#tell(pop);
	}

	flip(pop: string, up: boolean | "auto"): void {
		if (up === "auto") this.#byHand.delete(pop);
		else this.#byHand.set(pop, up);
		this.#tell(pop);
	}

	/** Its live sockets, in percent of what it can hold, are what `shed_load` compares with its marks. */
	load(pop: string, connections: number): void {
		const loadavg = (connections / this.#config.capacity) * 100;
		if (this.#loads.get(pop) === loadavg) return;
		this.#loads.set(pop, loadavg);
		this.#server?.set(pop, { loadavg, connections });
	}

	/** A name that is down has no addresses: its zone is there, and has nothing to say. */
	setName(role: Role, isUp: boolean): void {
		this.#up.set(role, isUp);
		const zone = this.#zones.chains.find(({ name }) => name === namesOf(this.#config)[role]);
		if (zone === undefined) return;
		const records = zone.records.filter(({ chain }) => chain === undefined);
		this.server.putZone(isUp ? zone : { ...zone, records });
	}

	/** By service: which share of the questions it leads elsewhere. */
	drain(pop: string, drained: Readonly<Record<string, Drained>>): void {
		this.server.set(pop, { drained });
	}

	/** Between which of its addresses newcomers are weighed; none: all of them are given. */
	weigh(pop: string, arms: readonly Arm[]): void {
		this.server.set(pop, { arms });
	}

	fault(fault: DnsFault): void {
		this.#fault = fault;
		this.server.fault(fault);
	}

	#tell(pop: string): void {
		this.#server?.set(pop, { up: this.of(pop).up });
	}

	#note({ query, reply }: Answered): void {
		this.#asked += 1;
		const [name] = Object.entries(namesOf(this.#config)).find(([, each]) =>
			`.${query.name.toLowerCase()}`.endsWith(`.${each}`),
		) ?? [null];
		if (name === null || query.type !== "A") return;
		const [first] = reply.answers;
		const pop = first?.type === "A" ? this.#popOf.get(first.data) : undefined;
		this.#recent.push({ name, pop: pop ?? "none", at: performance.now() });
	}
}
