/*
 * A point of presence: balancers, behind them the proxy where TLS ends, behind that its gateways, and a
 * link to the main region (which needs none).
 *
 *    clients ─▶ balancers ─▶ proxy ─▶ gateways ── log ──╮
 *                                 ╰── api ── webapp ────┴─▶ link (a balancer) ══ mutual TLS ══▶ main region
 */
import type { Agent } from "node:https";
import type { TLSSocket } from "node:tls";
import type { MessageLog } from "holdfast/server";
import { EdgeApi } from "../api/edge-api.js";
import type { FileRoom } from "../api/files/file-room.js";
import { changesOf, readChange } from "../api/flannel/question.js";
import type { Upstream } from "../api/www.js";
import { Balancer, type Conditions, HEALTHY, type Target } from "../balancer.js";
import type { PopConfig, ProxyKind } from "../config.js";
import type { BalancerState, Counts, PopState, Role, Upgrades } from "../control/contract.js";
import { RemoteLog } from "../log/remote-log.js";
import type { Way } from "../proxy/envoy/replacement.js";
import { RealProxy } from "../proxy/real-proxy.js";
import type { Reach } from "../reach.js";
import type { KeyPair } from "../tls/authority.js";
import { Arrivals, type Attendance } from "./attendance.js";
import { GatewayServer } from "./gateway-server.js";
import { ALPN, type MainRegion } from "./main-region.js";
import { dialMesh, type MeshCredentials, meshAgent } from "./mesh-dial.js";
import { MESH_NAME } from "./mesh-name.js";
import { type PopProxy, TlsProxy } from "./proxy.js";
import type { Route } from "./routes.js";

export interface PopOptions {
	readonly config: PopConfig;
	readonly isMain: boolean;
	readonly main: MainRegion;
	readonly reach: Reach;
	/** Shown to clients. */
	readonly certificate: KeyPair;
	readonly mesh: MeshCredentials;
	/** Where the main region is reached. */
	readonly meshTarget: () => Target | null;
	readonly routes: readonly Route[];
	readonly attendance: Attendance;
	readonly acceptRate: () => number | null;
	readonly allowedOrigins: () => readonly string[];
	readonly proxy: ProxyKind;
	readonly replacing: Way;
	/** Sockets that it can hold. */
	readonly capacity: number;
	/** Of all PoPs. */
	readonly room: FileRoom;
}

/** Nobody listens there: who asks hears so at once. */
const NOWHERE = { host: "127.0.0.1", port: 1 };

export type Link = "clients" | "main";

export class Pop {
	readonly config: PopConfig;
	readonly isMain: boolean;
	readonly balancers: readonly Balancer[];
	/** Null in the main region. */
	readonly link: Balancer | null;
	readonly proxy: PopProxy;
	readonly gateways: readonly GatewayServer[];
	/** The HTTP half, beside what gateways answer. */
	readonly api: EdgeApi;
	readonly #options: PopOptions;
	readonly #arrivals = new Arrivals();
	readonly #remoteLog: RemoteLog | null;
	readonly #agent: Agent | null;
	#is: PopState["is"] = "up";
	/** A later order outdates what waits for the end of a drain. */
	#orders = 0;

	constructor(options: PopOptions) {
		const { config, isMain, main, reach } = options;
		this.#options = options;
		this.config = config;
		this.isMain = isMain;
		this.link = isMain ? null : new Balancer({ target: options.meshTarget });
		this.#remoteLog = isMain
			? null
			: new RemoteLog({ dial: () => this.#dialMesh(ALPN.log), retain: main.retain });
		this.#agent = isMain ? null : meshAgent(() => this.#dialMesh(ALPN.webapp));
		this.gateways = Array.from({ length: config.gateways }, (_, at) =>
			this.#newGateway(`${config.name}-${at + 1}`),
		);
		this.api = this.#newApi();
		this.proxy = this.#newProxy();
		this.balancers = config.addresses.map((address) => {
			const { host, port } = reach.listen(address);
			return new Balancer({ host, port, target: () => this.proxy.target });
		});
	}

	get is(): PopState["is"] {
		return this.#is;
	}

	/** Over all gateways, as they count. */
	get sockets(): Pick<Counts, "primary" | "backup" | "arrivals"> {
		const sum = (role: Role): number =>
			this.gateways.reduce((total, { sockets }) => total + sockets[role], 0);
		return { primary: sum("primary"), backup: sum("backup"), arrivals: this.#arrivals.count };
	}

	get isLogNear(): boolean {
		return this.#remoteLog?.isNear ?? true;
	}

	get state(): Omit<PopState, "dns" | "health"> {
		const { name, city, place, addresses } = this.config;
		return {
			name,
			city,
			place,
			isMain: this.isMain,
			is: this.#is,
			sockets: this.sockets,
			balancers: this.balancers.map((each, at) => stateOf(each, addresses[at] ?? "")),
			link: this.link && { ...stateOf(this.link, "main"), isLogNear: this.isLogNear },
			upgrades: this.proxy.upgrades,
			...(this.proxy.facts ? { proxy: this.proxy.facts } : {}),
			gateways: this.gateways.map(({ state }) => state),
		};
	}

	async startLink(): Promise<void> {
		await this.link?.start();
		this.#remoteLog?.start();
	}

	async startGateways(): Promise<void> {
		for (const gateway of this.gateways) await gateway.start();
	}

	async startBalancers(): Promise<void> {
		for (const [at, balancer] of this.balancers.entries()) {
			await balancer.start();
			this.#options.reach.listening(this.config.addresses[at] ?? "", balancer.port);
		}
	}

	async stopBalancers(): Promise<void> {
		await Promise.all(this.balancers.map((each) => each.stop()));
	}

	async stopGateways(): Promise<void> {
		await Promise.all(this.gateways.map((each) => each.kill()));
	}

	async stopLink(): Promise<void> {
		this.#agent?.destroy();
		await this.#remoteLog?.[Symbol.asyncDispose]();
		await this.link?.stop();
	}

	async kill(): Promise<void> {
		this.#orders += 1;
		this.#is = "down";
		for (const balancer of this.balancers) {
			await balancer.change({ ...HEALTHY, door: "closed" });
			balancer.reset();
		}
		await this.stopGateways();
	}

	/** As it was at the start, by new servers where the old ones are gone. */
	async restore(): Promise<void> {
		this.#orders += 1;
		await this.startGateways();
		this.proxy.upgrades = "pass";
		for (const balancer of [...this.balancers, this.link]) await balancer?.heal();
		this.#is = "up";
	}

	/** Begins; `restore` ends it. */
	drain(withinMs: number): void {
		const order = ++this.#orders;
		this.#is = "draining";
		void Promise.all(this.gateways.map((each) => each.drain(withinMs))).then(() => {
			if (order === this.#orders) this.#is = "drained";
		});
	}

	deploy(withinMs: number): void {
		for (const gateway of this.gateways) gateway.deploy(withinMs).catch(() => undefined);
	}

	/** A new process for the proxy's; new gateways take newcomers, and the old ones' clients are asked to leave. */
	async replaceProxy(withinMs: number): Promise<void> {
		if (this.proxy.replace === undefined)
			throw new Error("The embedded proxy is no process of its own: choose envoy or haproxy.");
		await this.proxy.replace(async () => {
			await Promise.all(this.gateways.map((gateway) => gateway.deploy(withinMs)));
		});
	}

	async restart(): Promise<void> {
		await Promise.all(this.gateways.map((each) => each.restart()));
	}

	async setConditions(link: Link, conditions: Partial<Conditions>): Promise<void> {
		for (const balancer of this.#balancersOf(link)) await balancer.change(conditions);
	}

	cut(link: Link): void {
		for (const balancer of this.#balancersOf(link)) balancer.reset();
	}

	setUpgrades(upgrades: Upgrades): void {
		this.proxy.upgrades = upgrades;
	}

	#balancersOf(link: Link): readonly Balancer[] {
		if (link === "clients") return this.balancers;
		return this.link === null ? [] : [this.link];
	}

	get #log(): MessageLog {
		return this.#remoteLog ?? this.#options.main.log;
	}

	#newApi(): EdgeApi {
		return new EdgeApi({
			room: this.#options.room,
			webapp: () => this.#webapp(),
			isFresh: () => this.isLogNear,
			follow: (team, changed) =>
				this.#log.follow(changesOf(team), ({ data }) => {
					const change = readChange(data);
					if (change !== null) changed(change);
				}),
		});
	}

	#newGateway(name: string): GatewayServer {
		const { attendance, acceptRate, allowedOrigins } = this.#options;
		const log = this.#log;
		const arrived = (): void => this.#arrivals.add();
		return new GatewayServer({ name, log, attendance, acceptRate, allowedOrigins, arrived });
	}

	#newProxy(): PopProxy {
		const { proxy, replacing, certificate, routes, capacity } = this.#options;
		if (proxy === "embedded")
			return new TlsProxy({
				certificate,
				routes,
				gateway: () => this.#pickGateway(),
				webapp: () => ({ ...(this.api.target ?? NOWHERE), agent: false, isTls: false }),
			});
		return new RealProxy({
			kind: proxy,
			replacing,
			pop: this.config,
			routes,
			certificate,
			capacity,
			gateways: () => (this.isLogNear ? this.gateways.flatMap(({ target }) => target ?? []) : []),
			webapp: () => this.api.target,
		});
	}

	/** That with the fewest sockets; none while the log is away: elsewhere it may be near. */
	#pickGateway(): { readonly host: string; readonly port: number } | null {
		if (!this.isLogNear) return null;
		const [first] = this.gateways
			.filter(({ target }) => target !== null)
			.map(({ target, state }) => ({ target, sockets: state.primary + state.backup }))
			.sort((a, b) => a.sockets - b.sockets);
		return first?.target ?? null;
	}

	#dialMesh(protocol: string): TLSSocket {
		return dialMesh(this.link, this.#options.mesh, protocol);
	}

	#webapp(): Upstream {
		if (this.#agent !== null) return { agent: this.#agent, host: MESH_NAME, isTls: true };
		const { host, port } = this.#options.main.webapp ?? NOWHERE;
		return { host, port, agent: false, isTls: false };
	}
}

function stateOf(balancer: Balancer, address: string): BalancerState {
	const { connections, accepted, conditions } = balancer;
	return { address, connections, accepted, bytes: { ...balancer.bytes }, conditions };
}
