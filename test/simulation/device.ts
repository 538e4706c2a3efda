/* A device with a network and a disk, and the app on it: the shipped client, in programs that may die. */
import type { Client, Subscription } from "../../src/client/client.js";
import { createClient } from "../../src/client/create-client.js";
import type { ClientOptions } from "../../src/client/options.js";
import type { RealtimeError } from "../../src/errors/realtime-error.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { memoryLocks } from "../../src/runtime/memory.js";
import type { Lifecycle } from "../../src/runtime/runtime.js";
import type { NetworkStack } from "../../src/testing/network.js";
import type { VirtualClock } from "../../src/testing/virtual-clock.js";
import type { Chance } from "./chance.js";
import type { Disk } from "./disk.js";
import type { Token } from "./gateway.js";
import { type Ledger, type Published, Reader, type Sheet } from "./ledger.js";
import { Process } from "./process.js";
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
	readonly isPersistent: boolean;
	/** Channels whose past does not matter to the app. */
	readonly fleeting: ReadonlySet<string>;
}

export class Device {
	readonly name: string;
	readonly network: NetworkStack;
	readonly disk: Disk;
	readonly wire: Wire;
	readonly readers: Reader[] = [];
	process: Process;
	client: Client;
	/** The token service answers with an error. */
	isTokenServiceDown = false;
	/** Its wall clock was set: what lies in storage may look too old to be sent again. */
	hasJumped = false;
	/** Its tokens were revoked at some time. */
	wasLoggedOut = false;
	tokens = 0;
	tokensRefused = 0;
	/** Tokens that ran out and were replaced. */
	tokensRenewed = 0;
	readonly #world: DeviceWorld;
	readonly #chance: Chance;
	readonly #setting: DeviceSetting;
	readonly #counts = new Map<string, number>();
	readonly #subscriptions = new Map<string, Subscription>();
	/** The readers of the program that runs. */
	#current = new Map<string, Reader>();

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
			reader: (channel) => this.#current.get(channel),
			positions: () => new Map(this.current.map(({ channel, position }) => [channel, position])),
			stored: (id) => this.#stored(id),
			isReliable: () => this.disk.struck === 0,
		});
		this.process = new Process(world.clock);
		this.client = this.#boot();
	}

	get isRunning(): boolean {
		return this.process.isAlive;
	}

	get isPersistent(): boolean {
		return this.#setting.isPersistent;
	}

	/** The readers of the program that runs now. */
	get current(): readonly Reader[] {
		return [...this.#current.values()];
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

	/** The program dies where it stands; its device goes on. */
	crash(): void {
		this.process.kill();
		this.network.crash();
		this.wire.reset();
		for (const entry of this.#pending()) {
			entry.outcome = "abandoned";
			entry.isDurable = this.#isDurable(entry.id);
		}
		for (const reader of this.#current.values()) reader.end();
		this.#current = new Map();
	}

	/** Another program takes over, from where the app had noted that it was. */
	restart(): void {
		this.process = new Process(this.#world.clock);
		this.client = this.#boot();
	}

	/** The app changes its mind, and changes it again: an answer to the first question may be under way. */
	resubscribe(channel: string): void {
		this.#current.get(channel)?.end();
		this.#subscriptions.get(channel)?.unsubscribe();
		this.#subscribe(this.client, channel);
	}

	/** It lies in storage still: late, but not lost. */
	isStored(id: string): boolean {
		return this.disk.find(`/m/${id}`) !== undefined;
	}

	/** The app closes the client; what is unsent stays where it lies. */
	close(): void {
		for (const entry of this.#pending()) entry.isDurable = this.#isDurable(entry.id);
		this.wire.forget();
		void this.client.close();
	}

	reopen(): void {
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
			...{ isDurable: false, isEphemeral: false, hasTtl: ttlMs !== undefined, isSent: false },
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

	#boot(): Client {
		const { process } = this;
		const { sheet } = this.#world;
		const client = createClient({
			...this.#setting.options,
			getToken: ({ reason }) => this.#getToken(process, reason),
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
			if (state.status === "reconnecting" && sheet.phase === "quiet")
				sheet.fail(`${this.name} lost its link in quiet times: ${state.cause.message}`);
			if (state.status === "failed") this.#failed(process, state.cause);
		});
		client.mode.subscribe(({ mode }) => process.isAlive && sheet.note(`${this.name} ${mode}`));
		client.on("error", (error) => {
			if (error.code === "internal" && this.disk.struck === 0)
				sheet.fail(`${this.name} reports ${error.message}`);
		});
		this.#subscriptions.clear();
		for (const channel of this.#setting.channels) this.#subscribe(client, channel);
		return client;
	}

	/** Two tokens refused in a row end a client, rightly: its user logs in again. */
	#failed(process: Process, cause: RealtimeError): void {
		const { sheet, clock } = this.#world;
		if (cause.code !== "unauthorized" || !this.wasLoggedOut)
			sheet.fail(`${this.name} gave up: ${cause.message}`);
		clock.setTimeout(() => process.isAlive && this.reopen(), 500, "login");
	}

	#subscribe(client: Client, channel: string): void {
		const { process } = this;
		const before = this.readers.findLast((reader) => reader.channel === channel);
		const recover = !this.#setting.fleeting.has(channel);
		const from = before?.last ?? null;
		const index =
			from === null ? (before?.start.index ?? null) : this.#indexAfter(channel, from.record);
		const isFirst = before === undefined;
		const start =
			from !== null ? from.position : isFirst && this.#chance.flip(0.5) ? "earliest" : null;
		const reader = new Reader(
			this.name,
			channel,
			{
				index: start === "earliest" ? 0 : start === null ? null : index,
				position: typeof start === "object" ? start : null,
				recover,
			},
			this.#world.sheet,
			before,
		);
		this.readers.push(reader);
		this.#current.set(channel, reader);
		const subscription: Subscription = client.subscribe(
			channel,
			(message) => {
				if (process.isAlive) reader.take(message);
			},
			{
				recover,
				...(start !== null && { from: start }),
				onGap: (gap) => {
					if (!process.isAlive) return;
					this.#world.sheet.note(`${this.name} ${channel} gap ${gap.missed}`);
					reader.gap(gap);
				},
			},
		);
		this.#subscriptions.set(channel, subscription);
		subscription.state.subscribe(({ status }) => {
			if (status === "subscribed") reader.answered();
		});
	}

	#indexAfter(channel: string, record: object): number {
		return this.#world.sheet.truth.channel(channel).records.indexOf(record as never) + 1;
	}

	async #getToken(process: Process, reason: string): Promise<string> {
		await process.clock.sleep(this.#chance.between(0, 50));
		if (this.isTokenServiceDown) {
			this.tokensRefused += 1;
			throw new Error("The token service is down.");
		}
		if (reason === "expired") this.tokensRenewed += 1;
		this.tokens += 1;
		const { name, tokenTtlMs } = this.#setting;
		// By the issuer's clock, which is the gateways'.
		const expiresAt = tokenTtlMs === null ? null : this.#world.clock.now() + tokenTtlMs;
		const token: Token = { name, expiresAt, serial: this.tokens };
		return JSON.stringify(token);
	}

	/** Undefined: its outbox is in memory. */
	#stored(id: string): { readonly firstSentAt: number | null } | null | undefined {
		if (!this.isPersistent) return undefined;
		const record = this.disk.find(`/m/${id}`) as { readonly json: string } | undefined;
		return record === undefined ? null : JSON.parse(record.json);
	}

	/** An end is deleted from storage before it is told, or a crash would repeat it. */
	#checkForgotten(id: string): void {
		if (this.disk.errorRate === 0 && this.disk.struck === 0 && this.#stored(id))
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
