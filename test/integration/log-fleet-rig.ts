/*
 * Three gateways in processes of their own over one log in a real server, and clients of all three:
 *
 *   clients ⇄ gateway ⇄ fault proxy ⇄ Redis, or NATS
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Gap } from "../../src/channels/message.js";
import type { Client } from "../../src/client/client.js";
import { createClient } from "../../src/client/create-client.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { type Bundle, bundle } from "../support/children/bundle.js";
import { createFaultProxy, type FaultProxy } from "../support/fault-proxy.js";
import { flawless, Ledger, type Tally } from "../support/ledger.js";
import { type Program, start } from "../support/program.js";
import { BRISK } from "../support/real-edge.js";
import { canaryLogger } from "../support/secrets.js";
import { until, when } from "../support/until.js";

export type LogKind = "redis" | "nats";

interface Numbered {
	readonly by: string;
	readonly n: number;
}

const GATEWAYS = 3;
const PATIENCE_MS = 40_000;

export class Gateway {
	readonly program: Program;
	/** Between it and the log. */
	readonly proxy: FaultProxy;
	readonly #file: string;
	url = "";

	constructor(program: Program, proxy: FaultProxy, file: string) {
		this.program = program;
		this.proxy = proxy;
		this.#file = file;
	}

	async ready(): Promise<void> {
		this.url = `ws://127.0.0.1:${(await this.program.says(/^port (\d+)$/m))[1]}`;
	}

	/** Where it looks for its log from now on. */
	moveTo(url: string): Promise<void> {
		return writeFile(this.#file, url);
	}
}

export class LogFleet implements AsyncDisposable {
	readonly gateways: Gateway[] = [];
	readonly members: Member[] = [];
	readonly ledger = new Ledger();
	readonly #bundle: Bundle;
	readonly #folder: string;

	private constructor(program: Bundle, folder: string) {
		this.#bundle = program;
		this.#folder = folder;
	}

	static async start(kind: LogKind, logPort: number): Promise<LogFleet> {
		const folder = await mkdtemp(join(tmpdir(), "holdfast-fleet-"));
		const fleet = new LogFleet(await bundle("fleet-gateway"), folder);
		for (let n = 0; n < GATEWAYS; n++) {
			const proxy = await createFaultProxy(logPort);
			const file = join(folder, `${n}`);
			await writeFile(file, `${kind}://127.0.0.1:${proxy.port}`);
			fleet.gateways.push(new Gateway(start([fleet.#bundle.path, kind, file]), proxy, file));
		}
		await Promise.all(fleet.gateways.map((each) => each.ready()));
		return fleet;
	}

	/** Members that begin at a gateway each, and know the others too. All hear all. */
	async join(count: number): Promise<void> {
		for (let n = 0; n < count; n++) this.members.push(this.member(`member-${n}`, n));
		await Promise.all(this.members.map((each) => each.open()));
	}

	member(name: string, first: number): Member {
		const urls = this.gateways.map(({ url }) => url);
		return new Member(
			name,
			[...urls.slice(first % GATEWAYS), ...urls.slice(0, first % GATEWAYS)],
			this.ledger,
		);
	}

	/** Each publishes so many more; resolves when all has been sent, whatever has become of it. */
	async publish(count: number, everyMs = 5): Promise<void> {
		for (let n = 0; n < count; n++) {
			for (const member of this.members) member.publish(this.members);
			await new Promise((resolve) => setTimeout(resolve, everyMs));
		}
	}

	/** All has arrived everywhere, and its publisher knows. In vain, too: the tallies say what is missing. */
	settled(): Promise<void> {
		return this.ledger.settled(this.#lanes, PATIENCE_MS);
	}

	/** Lanes with anything lost, repeated, out of order or wrongly answered. */
	get flaws(): Readonly<Record<string, Tally>> {
		const tallies = this.#lanes.map((lane) => [lane, this.ledger.tally(lane)] as const);
		return Object.fromEntries(
			tallies.filter(([, tally]) => JSON.stringify(tally) !== JSON.stringify(flawless(tally.sent))),
		);
	}

	get gaps(): readonly number[] {
		return this.members.map(({ gaps }) => gaps.length);
	}

	async [ASYNC_DISPOSE](): Promise<void> {
		for (const { client } of this.members) await client.close();
		for (const { program, proxy } of this.gateways) {
			await program[ASYNC_DISPOSE]();
			await proxy[ASYNC_DISPOSE]();
		}
		await this.#bundle[ASYNC_DISPOSE]();
		await rm(this.#folder, { recursive: true, force: true });
	}

	get #lanes(): readonly string[] {
		return this.members.flatMap(({ name: from }) =>
			this.members.map(({ name: to }) => `${from} to ${to}`),
		);
	}
}

/** A client that publishes numbers into the room, and notes what it hears there. */
export class Member {
	readonly name: string;
	readonly client: Client;
	readonly gaps: Gap[] = [];
	readonly #ledger: Ledger;
	#sent = 0;

	constructor(name: string, endpoints: readonly string[], ledger: Ledger) {
		this.name = name;
		this.#ledger = ledger;
		this.client = createClient({
			endpoints,
			getToken: async () => name,
			outbox: { maxMessages: 10_000 },
			reconnect: BRISK.reconnect,
			runtime: { logger: canaryLogger() },
		});
		this.client.on("gap", (gap) => this.gaps.push(gap));
	}

	async open(): Promise<void> {
		const { state } = this.client.subscribe("room", ({ data }) => {
			const { by, n } = data as Numbered;
			this.#ledger.delivered(`${by} to ${this.name}`, n);
		});
		await when(
			state,
			({ status }) => status === "subscribed",
			`${this.name} in the room`,
			PATIENCE_MS,
		);
	}

	publish(readers: readonly Member[]): void {
		const n = ++this.#sent;
		const lanes = readers.map(({ name }) => `${this.name} to ${name}`);
		for (const lane of lanes) this.#ledger.sent(lane, n);
		this.client.publish("room", { by: this.name, n }).then(
			({ status }) => {
				for (const lane of lanes) this.#ledger.answered(lane, n, status);
			},
			() => {
				for (const lane of lanes) this.#ledger.answered(lane, n, "rejected");
			},
		);
	}

	/** So many of another's messages have come. */
	heard(from: Member, count: number): Promise<unknown> {
		const lane = `${from.name} to ${this.name}`;
		return until(() => this.#ledger.arrived(lane) >= count, `${count} of ${lane}`, PATIENCE_MS);
	}
}
