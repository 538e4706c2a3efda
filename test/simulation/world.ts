/* A whole system from a seed: gateways over one log, devices with apps, and what they are set to. */
import type { ClientOptions } from "../../src/client/options.js";
import { createNetwork } from "../../src/testing/network.js";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.js";
import { Chance } from "./chance.js";
import { Device } from "./device.js";
import { Disk } from "./disk.js";
import { Gateway, type GatewayOptions } from "./gateway.js";
import { Ledger, type Sheet } from "./ledger.js";
import { LogService } from "./log-service.js";
import { SLOWEST_TOKEN_MS } from "./token-desk.js";
import type { Payload } from "./truth.js";

export const API = "https://api.test";
const CHANNELS = ["room", "orders"];

/** What a seed settles before anything happens. */
export interface Setting {
	readonly gateways: number;
	readonly devices: number;
	readonly activeMs: number;
	readonly retain: { readonly messages: number; readonly ms: number };
	readonly gateway: GatewayOptions;
	readonly checkMs: number;
	readonly logDelayMs: number;
	readonly latencyMs: number;
	readonly jitterMs: number;
	readonly tokenTtlMs: number | null;
	/** Between two publishes of a device. */
	readonly publishEveryMs: number;
}

export function drawSetting(chance: Chance): Setting {
	const small = chance.flip(0.15);
	return {
		gateways: chance.int(2, 3),
		devices: chance.int(2, 3),
		activeMs: chance.between(8_000, 26_000),
		retain: small
			? { messages: chance.int(5, 40), ms: 600_000 }
			: { messages: 10_000, ms: chance.flip(0.1) ? 15_000 : 600_000 },
		gateway: {
			heartbeatMs: chance.int(2_000, 6_000),
			heartbeatTimeoutMs: chance.int(1_000, 3_000),
			...chance.one([
				{ maxFrameBytes: 2_048, sendBufferBytes: 16_384 },
				{ maxFrameBytes: 65_536, sendBufferBytes: 65_536 },
			]),
			...(chance.flip(0.15) && { maxConnectionAgeMs: chance.int(5_000, 20_000) }),
			...(chance.flip(0.2) && { acceptRate: chance.int(1, 20) }),
		},
		checkMs: chance.flip(0.3) ? chance.int(1, 30) : 0,
		logDelayMs: chance.flip(0.5) ? chance.int(1, 10) : 0,
		latencyMs: chance.int(1, 60),
		jitterMs: chance.flip(0.5) ? chance.int(1, 80) : 0,
		tokenTtlMs: chance.flip(0.3) ? chance.int(8_000, 30_000) : null,
		publishEveryMs: chance.between(400, 2_500),
	};
}

export class World implements Sheet {
	readonly seed: number;
	readonly chance: Chance;
	readonly setting: Setting;
	readonly clock: VirtualClock = createVirtualClock();
	readonly log: LogService;
	readonly ledger: Ledger;
	readonly gateways: readonly Gateway[];
	readonly devices: readonly Device[];
	readonly breaches: string[] = [];
	/** In quiet times no link may be lost. */
	phase: Sheet["phase"] = "active";
	/** Answers to publishes over HTTP that never came. */
	lostPublishes = 0;
	/** Null unless it is asked for: it costs more than the world itself. */
	readonly history: string[] | null;
	/** How often each kind of fault really struck. */
	readonly strikes = new Map<string, number>();
	/** Gateways' answers over HTTP: null is as usual. */
	apiFault: (() => Response | Promise<Response>) | null = null;
	#quietSince = 0;
	#active = 0;
	#serverCount = 0;
	readonly #unlucky = new Set<string>();
	readonly #troubles = new Set<() => void>();

	constructor(seed: number, mode: "recorded" | "judged") {
		this.seed = seed;
		this.history = mode === "recorded" ? [] : null;
		this.chance = new Chance(seed);
		this.setting = drawSetting(this.chance.child());
		const { setting, clock } = this;
		this.log = new LogService(clock, this.chance.child(), setting.retain, (what) =>
			this.fail(what),
		);
		this.log.delayMs = setting.logDelayMs;
		this.ledger = new Ledger(this, setting.retain.ms);
		const parts = { clock, log: this.log };
		this.gateways = Array.from({ length: setting.gateways }, (_, index) => {
			const url = `wss://gw${index}.test`;
			const gateway = new Gateway(url, { ...parts, chance: this.chance.child() }, setting.gateway);
			gateway.checkMs = setting.checkMs;
			return gateway;
		});
		this.devices = Array.from({ length: setting.devices }, (_, index) => this.#newDevice(index));
	}

	get truth(): LogService["truth"] {
		return this.log.truth;
	}

	now(): number {
		return this.clock.monotonic();
	}

	quietSince(): number {
		return this.#active > 0 ? Number.POSITIVE_INFINITY : this.#quietSince;
	}

	isZombie(id: string): boolean {
		return this.ledger.isZombie(id);
	}

	/** A fault is at work for so long, or until all are healed. */
	trouble(ms: number, undo: () => void): void {
		this.#active += 1;
		let isOver = false;
		const end = (): void => {
			if (isOver) return;
			isOver = true;
			this.#active -= 1;
			this.#quietSince = this.now();
			this.#troubles.delete(end);
			undo();
		};
		this.#troubles.add(end);
		this.clock.setTimeout(end, ms, "heal");
	}

	healAll(): void {
		for (const end of [...this.#troubles]) end();
	}

	/** The next publish of each of these over HTTP is lost, or its answer is, or nothing comes at all. */
	losePublishes(names: readonly string[]): void {
		for (const name of names) this.#unlucky.add(name);
	}

	struck(kind: string, times = 1): void {
		this.strikes.set(kind, (this.strikes.get(kind) ?? 0) + times);
		this.note(`FAULT ${kind}`);
	}

	fail(breach: string): void {
		this.breaches.push(`${this.now().toFixed(1)} ${breach}`);
		this.note(`BREACH ${breach}`);
	}

	note(line: string): void {
		this.history?.push(`${this.now().toFixed(3)} ${line}`);
	}

	/** The app's own server says something. */
	serverPublishes(gateway: Gateway, chance: Chance, padding = 0): void {
		if (!gateway.isUp) return;
		const n = this.#serverCount++;
		const pad = padding > 0 ? { pad: "x".repeat(padding) } : {};
		const data: Payload = { by: "server", n, ...pad };
		// A log that fails, fails the app's call: its affair.
		gateway.server.publish(chance.one(CHANNELS), data).catch(() => undefined);
	}

	slowClosed(): number {
		let count = 0;
		for (const { isUp, server } of this.gateways) if (isUp) count += server.stats.get().slowClosed;
		return count;
	}

	#newDevice(index: number): Device {
		const { clock, setting } = this;
		const name = `c${index}`;
		const chance = this.chance.child();
		const network = createNetwork({
			clock,
			random: chance.child().random,
			platform: chance.one(["browser", "node"]),
			handshakeRoundTrips: 2,
			kernelBytes: 8_192,
		});
		network.latency(setting.latencyMs, setting.jitterMs);
		for (const gateway of this.gateways) network.serve(gateway.url, gateway);
		network.serve(API, {
			upgrade: () => ({ type: "refuse", status: 404 }),
			request: (request) => this.#answer(name, request),
		});
		const disk = new Disk(clock, chance.child());
		const isPersistent = chance.flip(0.5);
		const channels = chance.flip(0.5) ? CHANNELS : [chance.one(CHANNELS)];
		const tokenTripMs = 2 * (setting.latencyMs + setting.jitterMs) + SLOWEST_TOKEN_MS;
		const fleeting = new Set(channels.filter(() => chance.flip(0.1)));
		const options = this.#drawOptions(chance, isPersistent, name);
		return new Device(
			{ clock, sheet: this, ledger: this.ledger },
			{
				name,
				channels,
				options,
				isPersistent,
				fleeting,
				tokenTtlMs: setting.tokenTtlMs,
				tokenTripMs,
			},
			{ network, disk, chance },
		);
	}

	#drawOptions(
		chance: Chance,
		isPersistent: boolean,
		namespace: string,
	): Omit<ClientOptions, "runtime" | "getToken"> {
		return {
			endpoints: this.gateways.map(({ url }) => url),
			api: API,
			connect: "eager",
			reconnect: {
				dialTimeoutMs: chance.int(1_500, 4_000),
				stableAfterMs: chance.int(3_000, 30_000),
				failBackWindowMs: [2_000, chance.int(2_000, 20_000)],
			},
			degraded: { enterAfterMs: chance.int(2_000, 10_000), intervalMs: [1_000, 5_000] },
			outbox: isPersistent ? { persist: "storage", namespace } : {},
		};
	}

	/** The HTTP half is behind a balancer that knows who lives. */
	async #answer(name: string, request: Request): Promise<Response> {
		if (this.apiFault !== null) return this.apiFault();
		const up = this.gateways.filter(({ isUp }) => isUp);
		if (up.length === 0) throw new Error("Nobody is there.");
		const isUnlucky = request.url.endsWith("/publish") && this.#unlucky.delete(name);
		if (isUnlucky) this.lostPublishes += 1;
		if (isUnlucky && this.chance.flip(0.3)) return new Promise(() => {});
		const isLostOnItsWay = isUnlucky && this.chance.flip(0.5);
		const response = isLostOnItsWay ? null : await this.chance.one(up).request(request);
		if (isUnlucky || response === null) throw new Error("The line was cut.");
		return response;
	}
}
