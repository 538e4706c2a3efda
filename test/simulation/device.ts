/* A device with a network and a disk, and the app on it: the shipped client, in programs that may die. */
import type { Client } from "../../src/client/client.js";
import { createClient } from "../../src/client/create-client.js";
import type { ClientOptions } from "../../src/client/options.js";
import type { RealtimeError } from "../../src/errors/realtime-error.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { memoryLocks } from "../../src/runtime/memory.js";
import type { Lifecycle } from "../../src/runtime/runtime.js";
import type { NetworkStack } from "../../src/testing/network.js";
import type { VirtualClock } from "../../src/testing/virtual-clock.js";
import { Audience } from "./audience.js";
import type { Chance } from "./chance.js";
import type { Disk } from "./disk.js";
import type { Ledger, Published, Sheet } from "./ledger.js";
import { Process } from "./process.js";
import { TokenDesk } from "./token-desk.js";
import type { Payload } from "./truth.js";
import { Wire } from "./wire.js";

export interface DeviceWorld {
	readonly clock: VirtualClock;
	readonly sheet: Sheet;
	readonly ledger: Ledger;
}

export interface DeviceSetting {
	readonly name: string;
	readonly channels: readonly string[];
	readonly options: Omit<ClientOptions, "runtime" | "getToken">;
	/** How long a token lasts; null: for ever. */
	readonly tokenTtlMs: number | null;
	/** From a server's word on a token until it has the next one, at most. */
	readonly tokenTripMs: number;
	readonly isPersistent: boolean;
	/** Channels whose past does not matter to the app. */
	readonly fleeting: ReadonlySet<string>;
}

export class Device {
	readonly name: string;
	readonly network: NetworkStack;
	readonly disk: Disk;
	readonly wire: Wire;
	readonly audience: Audience;
	process: Process;
	client: Client;
	readonly tokens: TokenDesk;
	/** Its wall clock was set: what lies in storage may look too old to be sent again. */
	hasJumped = false;
	/** How often its tokens were revoked. */
	logouts = 0;
	readonly #world: DeviceWorld;
	readonly #chance: Chance;
	readonly #setting: DeviceSetting;
	readonly #counts = new Map<string, number>();
	/** Of the storage that the running program opened. */
	#unopenedBefore = 0;

	constructor(
		world: DeviceWorld,
		setting: DeviceSetting,
		parts: { readonly network: NetworkStack; readonly disk: Disk; readonly chance: Chance },
	) {
		this.name = setting.name;
		this.network = parts.network;
		this.disk = parts.disk;
		this.#chance = parts.chance;
		this.#world = world;
		this.#setting = setting;
		this.wire = new Wire({
			name: setting.name,
			ledger: world.ledger,
			sheet: world.sheet,
			reader: (channel) => this.audience.reader(channel),
			positions: () => this.audience.positions(),
			stored: (id) => this.#stored(id),
		});
		this.tokens = new TokenDesk(world.clock, setting, parts.chance.child());
		this.audience = new Audience(world, setting, parts.chance.child());
		this.process = new Process(world.clock);
		this.client = this.#boot();
	}

	get isRunning(): boolean {
		return this.process.isAlive;
	}

	get isPersistent(): boolean {
		return this.#setting.isPersistent;
	}

	get channels(): readonly string[] {
		return this.#setting.channels;
	}

	/** Connected, answered on every channel, nothing unsent. */
	get isSettled(): boolean {
		const { connection, outbox, mode } = this.client;
		const isHome = connection.get().status === "connected" && mode.get().mode === "normal";
		return isHome && outbox.get().length === 0;
	}

	/** Without a link, and served over HTTP. */
	get isPolling(): boolean {
		const { connection, mode } = this.client;
		return connection.get().status === "reconnecting" && mode.get().mode === "degraded";
	}

	/** The program dies where it stands; its device goes on. */
	crash(): void {
		this.process.kill();
		this.network.crash();
		this.wire.reset();
		for (const entry of this.#pending()) {
			entry.outcome = "abandoned";
			entry.isDurable = this.#isDurable(entry.id);
		}
		this.#noteDated();
		this.audience.leave();
	}

	/** Another program takes over, from where the app had noted that it was. */
	restart(): void {
		this.process = new Process(this.#world.clock);
		this.client = this.#boot();
	}

	/** The app changes its mind, and changes it again: an answer to the first question may be under way. */
	resubscribe(channel: string): void {
		this.audience.resubscribe(channel, this.client, this.process);
	}

	/**
	 * Durable, not stored by the log, and not lost either. What was sent, or was about to be, looks too old
	 * by a clock that was set: it ends as unknown, and nobody is there to hear (rule 8). Storage that could
	 * not be opened is opened by the next program: what it holds is late.
	 */
	isExcused({ id, isDated }: Published): boolean {
		if (this.hasJumped && isDated) return true;
		return this.disk.unopened > this.#unopenedBefore && this.disk.find(`/m/${id}`) !== undefined;
	}

	/** The app closes the client; what is unsent stays where it lies. */
	close(): void {
		for (const entry of this.#pending()) entry.isDurable = this.#isDurable(entry.id);
		this.#noteDated();
		this.wire.forget();
		void this.client.close();
	}

	reopen(): void {
		this.#unopenedBefore = this.disk.unopened;
		if (this.isRunning) this.client.connect().catch(() => undefined);
	}

	publish(channel: string, extra: Omit<Payload, "by" | "n"> = {}, ttlMs?: number): void {
		const n = this.#counts.get(channel) ?? 0;
		this.#counts.set(channel, n + 1);
		const id = `${this.name}-${channel}-${n}`;
		const data: Payload = { by: this.name, n, ...extra };
		const at = this.#world.sheet.now();
		const entry: Published = {
			...{ by: this.name, channel, n, id, at, data, outcome: null },
			...{
				isDurable: false,
				isEphemeral: false,
				hasTtl: ttlMs !== undefined,
				isSent: false,
				isDated: false,
			},
		};
		const { ledger } = this.#world;
		const { process } = this;
		ledger.publish(entry);
		this.client.publish(channel, data, { id, ...(ttlMs !== undefined && { ttlMs }) }).then(
			(receipt) => {
				if (!process.isAlive) return;
				this.#checkForgotten(id);
				ledger.settle(entry, receipt);
			},
			(reason) => {
				if (process.isAlive) ledger.reject(entry, reason);
			},
		);
	}

	whisper(channel: string): void {
		const n = this.#counts.get(`${channel}~`) ?? 0;
		this.#counts.set(`${channel}~`, n + 1);
		this.client
			.publish(channel, { by: `${this.name}~`, n }, { ephemeral: true })
			.catch(() => undefined);
	}

	#isDurable(id: string): boolean {
		return this.isPersistent && this.#stored(id) !== null;
	}

	#pending(): readonly Published[] {
		return this.#world.ledger.published.filter(
			({ by, outcome, isEphemeral }) => by === this.name && outcome === null && !isEphemeral,
		);
	}

	/** Also of those that an earlier program left: what their records say by now. */
	#noteDated(): void {
		for (const entry of this.#world.ledger.published)
			if (entry.by === this.name && this.#stored(entry.id)?.firstSentAt) entry.isDated = true;
	}

	#boot(): Client {
		const { process } = this;
		this.#unopenedBefore = this.disk.unopened;
		const { sheet } = this.#world;
		const client = createClient({
			...this.#setting.options,
			getToken: ({ reason }) => this.tokens.issue(process.clock, reason),
			runtime: {
				clock: process.clock,
				random: this.#chance.child().random,
				WebSocket: this.wire.socketClass(this.network.WebSocket),
				fetch: this.wire.fetch(this.network.fetch),
				storage: this.disk.mount(process),
				locks: memoryLocks(),
				lifecycle: aliveOnly(this.network.lifecycle, process),
				logger: silentLogger,
			},
		});
		client.connection.subscribe((state) => {
			if (!process.isAlive) return;
			sheet.note(`${this.name} ${state.status}`);
			if (state.status === "connected" && this.wire.welcomed === 0)
				sheet.fail(`${this.name} is connected without a welcome`);
			if (state.status === "reconnecting" && sheet.phase === "quiet" && !this.#ranOut(state.cause))
				sheet.fail(`${this.name} lost its link in quiet times: ${state.cause.message}`);
			if (state.status === "failed") this.#failed(process, state.cause);
		});
		client.mode.subscribe(({ mode }) => process.isAlive && sheet.note(`${this.name} ${mode}`));
		client.on("error", (error) => {
			if (error.code === "internal" && this.disk.struck === 0)
				sheet.fail(`${this.name} reports ${error.message}`);
		});
		for (const channel of this.channels) this.audience.subscribe(channel, client, process);
		return client;
	}

	/**
	 * A token that was nearly over when its link was welcomed: its last fifth, in which the next one has to
	 * arrive, was shorter than the way there. The client comes back with a fresh one.
	 */
	#ranOut(cause: RealtimeError): boolean {
		const { tokenTtlMs } = this.wire;
		return cause.code === "unauthorized" && tokenTtlMs / 5 < this.#setting.tokenTripMs;
	}

	/** Two tokens refused in a row end a client, rightly: its user logs in again. */
	#failed(process: Process, cause: RealtimeError): void {
		const { sheet, clock } = this.#world;
		if (cause.code !== "unauthorized" || this.logouts < 2)
			sheet.fail(`${this.name} gave up: ${cause.message}`);
		clock.setTimeout(() => process.isAlive && this.reopen(), 500, "login");
	}

	/** Undefined: its outbox is in memory. */
	#stored(id: string): { readonly firstSentAt: number | null } | null | undefined {
		if (!this.isPersistent) return undefined;
		const record = this.disk.find(`/m/${id}`) as { readonly json: string } | undefined;
		return record === undefined ? null : JSON.parse(record.json);
	}

	/** An end is deleted from storage before it is told, or a crash would repeat it. */
	#checkForgotten(id: string): void {
		if (!this.disk.isUndeleted(`/m/${id}`) && this.#stored(id))
			this.#world.sheet.fail(`${this.name}: ${id} was told while it lies in storage`);
	}
}

/** A dead program is woken no more. */
function aliveOnly(lifecycle: Lifecycle, process: Process): Lifecycle {
	return {
		get: () => lifecycle.get(),
		subscribe: (listener) =>
			lifecycle.subscribe((state, previous) => process.isAlive && listener(state, previous)),
		onWake: (listener) => lifecycle.onWake((reason) => process.isAlive && listener(reason)),
	};
}
