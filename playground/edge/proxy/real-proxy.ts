/*
 * A PoP's proxy that is a real one: Envoy or HAProxy, given what the embedded one goes by. What it can't be
 * made to do to WebSockets is done behind it, by a gate before each gateway.
 *
 *    balancers ─▶ Envoy or HAProxy ─┬─▶ gate ─▶ gateway
 *                                   ├─▶ the Edge API, which goes on to the webapp
 *                                   ╰─▶ the link ══ mutual TLS ══▶ main region, Applink
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Target } from "../balancer.js";
import type { Checks, Role, Upgrades } from "../control/contract.js";
import type { ProxyFacts } from "../control/proxy-facts.js";
import type { SlotConfig } from "../config.js";
import type { ArmName } from "../migration/contract.js";
import type { AppWay } from "../pop/app-way.js";
import { ALPN } from "../pop/main-region.js";
import { MESH_NAME } from "../pop/mesh-name.js";
import type { PopProxy } from "../pop/proxy.js";
import type { Route } from "../pop/routes.js";
import type { KeyPair } from "../tls/authority.js";
import { findTool } from "../tools/find-tool.js";
import { freePort } from "../tools/free-port.js";
import { checkTool } from "./check-tool.js";
import { CERTIFICATE, edgeModel, MESH, ZONES } from "./edge-model.js";
import { Envoy } from "./envoy/envoy.js";
import type { Way } from "./envoy/replacement.js";
import { Haproxy } from "./haproxy/haproxy.js";
import type { Material } from "./material.js";
import type { EndpointSet, ProxyModel } from "./model/model.js";
import { type GateRules, UpgradeGate } from "./upgrade-gate.js";

export interface RealProxyOptions {
	readonly kind: "envoy" | "haproxy";
	/** How an Envoy takes over from another. */
	readonly replacing: Way;
	readonly pop: { readonly name: string; readonly region: string };
	readonly routes: readonly Route[];
	/** Which of the PoP's it is: told to gateways. */
	readonly arm: ArmName;
	/** For tests: another configuration than the edge's own. */
	readonly reshape: (model: ProxyModel) => ProxyModel;
	readonly certificate: KeyPair;
	readonly capacity: number;
	readonly slots: SlotConfig;
	/** That take newcomers now; asked again and again. */
	readonly gateways: () => readonly Target[];
	readonly applink: AppWay;
	/** What answers for the webapp here now; null: nothing does. */
	readonly webapp: () => Target | null;
}

/** What both programs can be told. */
interface Program {
	readonly trouble: string | null;
	start(): Promise<void>;
	stop(): Promise<void>;
	setEndpoints(set: EndpointSet): Promise<void>;
	setCertificate(name: string, pair: KeyPair): Promise<void>;
	facts(cluster: string): Promise<ProxyFacts>;
}

const LOOK_MS = 50;
const READ_MS = 1_000;

export class RealProxy implements PopProxy {
	/** Missing with Envoy: its lists come by files. */
	readonly reload?: () => Promise<void>;
	readonly #options: RealProxyOptions;
	readonly #gates = new Map<string, UpgradeGate>();
	readonly #down = new Set<Role>();
	#program: Program | null = null;
	#port: number | null = null;
	#upgrades: Upgrades = "pass";
	#checks: Checks = "pass";
	/** Of its listener. */
	#shown: KeyPair;
	#timer: NodeJS.Timeout | undefined;
	#told = new Map<string, string>();
	#telling: Promise<void> = Promise.resolve();
	#isBusy = false;
	#trouble: string | null = null;
	#facts: ProxyFacts | null = null;
	#reading: NodeJS.Timeout | undefined;

	constructor(options: RealProxyOptions) {
		this.#options = options;
		this.#shown = options.certificate;
		if (options.kind === "haproxy") this.reload = () => this.#reload();
	}

	get target(): Target | null {
		return this.#port === null ? null : { host: "127.0.0.1", port: this.#port };
	}

	get trouble(): string | null {
		return this.#program?.trouble ?? this.#trouble;
	}

	get facts(): ProxyFacts | null {
		return this.#facts;
	}

	get upgrades(): Upgrades {
		return this.#upgrades;
	}

	set upgrades(upgrades: Upgrades) {
		this.#upgrades = upgrades;
		this.#rule();
	}

	get checks(): Checks {
		return this.#checks;
	}

	set checks(checks: Checks) {
		this.#checks = checks;
		this.#rule();
	}

	async show(certificate: KeyPair): Promise<void> {
		if (certificate === this.#shown) return;
		await this.#program?.setCertificate(CERTIFICATE, certificate);
		this.#shown = certificate;
	}

	setName(name: Role, isUp: boolean): void {
		if (isUp) this.#down.delete(name);
		else this.#down.add(name);
		this.#rule();
	}

	/** Rejects in words for people, and leaves nothing. */
	async start(): Promise<void> {
		const { kind } = this.#options;
		const tool = checkTool(kind, await findTool(kind));
		const port = await freePort();
		this.#program = await this.#newProgram(tool.path, port);
		await this.#program.start();
		this.#port = port;
		await this.#tell();
		this.#timer = setInterval(() => {
			if (this.#isBusy) return;
			this.#telling = this.#tell();
		}, LOOK_MS);
		this.#reading = setInterval(() => void this.#read(), READ_MS);
		await this.#read();
	}

	async replace(goodbye: () => Promise<void>): Promise<void> {
		const program = this.#program;
		if (program instanceof Envoy) return program.replace(goodbye);
		if (!(program instanceof Haproxy)) throw new Error("The proxy does not run.");
		await program.reload();
		await goodbye();
	}

	async stop(): Promise<void> {
		clearInterval(this.#timer);
		clearInterval(this.#reading);
		await this.#telling;
		this.#port = null;
		await this.#program?.stop();
		await Promise.all([...this.#gates.values()].map((gate) => gate.stop()));
		this.#gates.clear();
	}

	async #reload(): Promise<void> {
		if (!(this.#program instanceof Haproxy)) throw new Error("The proxy does not run.");
		await this.#program.reload();
	}

	/** What can't be read now is as it was. */
	async #read(): Promise<void> {
		this.#facts = (await this.#program?.facts("gateways").catch(() => null)) ?? this.#facts;
	}

	async #newProgram(path: string, port: number): Promise<Program> {
		const { kind, pop, routes, arm, capacity, certificate, reshape } = this.#options;
		const { mesh } = this.#options.applink;
		const applinkTls = mesh === null ? null : { serverName: MESH_NAME, protocol: ALPN.link };
		const listen = { host: "127.0.0.1", port };
		const model = reshape(edgeModel({ pop, routes, arm, capacity, applinkTls, listen }));
		const material: Material = {
			certificates: new Map([[CERTIFICATE, certificate]]),
			upstream: new Map(
				mesh === null ? [] : [[MESH, { pair: mesh.certificate, authority: mesh.authority }]],
			),
		};
		const root = await mkdtemp(join(tmpdir(), "hf-"));
		const setup = { path, root, model, material };
		const { slots, replacing: way } = this.#options;
		if (kind === "envoy") return new Envoy({ ...setup, way });
		return new Haproxy({ ...setup, options: { slots: slots.places }, slotOrder: slots.order });
	}

	/** Once at a time: lists are written in the order in which they were true. */
	async #tell(): Promise<void> {
		this.#isBusy = true;
		try {
			const gateways = this.#options.gateways();
			const gated: Target[] = [];
			for (const gateway of gateways) gated.push(await this.#gateOf(gateway));
			try {
				await this.#set("gateways", gated);
			} finally {
				// A gate whose gateway is gone would go on answering for it where a list has gone stale.
				await this.#retire(gateways);
			}
			const webapp = this.#options.webapp();
			await this.#set("webapp", webapp === null ? [] : [webapp]);
			await this.#set("applink", this.#options.applink.targets());
			this.#trouble = null;
		} catch (error) {
			this.#trouble = String((error as Error).message);
		}
		this.#isBusy = false;
	}

	async #set(cluster: string, targets: readonly Target[]): Promise<void> {
		const endpoints = targets.map((target) => ({ ...target, zone: ZONES[0] }));
		const text = JSON.stringify(endpoints);
		if (this.#told.get(cluster) === text) return;
		await this.#program?.setEndpoints({ cluster, endpoints });
		this.#told.set(cluster, text);
	}

	async #gateOf(gateway: Target): Promise<Target> {
		const key = nameOf(gateway);
		let gate = this.#gates.get(key);
		if (gate === undefined) {
			gate = new UpgradeGate(gateway);
			this.#gates.set(key, gate);
			await gate.start();
			gate.heed(this.#rules());
		}
		return { host: "127.0.0.1", port: gate.port };
	}

	/** A gateway that takes nobody any more has its gate as long as anybody is with it. */
	async #retire(gateways: readonly Target[]): Promise<void> {
		const kept = new Set(gateways.map(nameOf));
		for (const [key, gate] of this.#gates) {
			if (kept.has(key) || gate.open > 0) continue;
			this.#gates.delete(key);
			await gate.stop();
		}
	}

	#rules = (): GateRules => ({
		upgrades: this.#upgrades,
		checks: this.#checks,
		down: this.#down,
	});

	#rule(): void {
		for (const gate of this.#gates.values()) gate.heed(this.#rules());
	}
}

const nameOf = ({ host, port }: Target): string => `${host}:${port}`;
