/*
 * A point of presence: balancers, behind them the proxy where TLS ends (or two: `arms.ts`), behind that its
 * gateways, and a link to the main region (which needs none).
 *
 *    clients ─▶ balancers ─▶ proxy ─▶ gateways ── log ──╮
 *                                 ├── api ── webapp ────┤
 *                                 ╰── Applink ──────────┴─▶ link (a balancer) ══ mutual TLS ══▶ main region
 */
import type { Agent } from "node:https";
import type { TLSSocket } from "node:tls";
import type { MessageLog } from "holdfast/server";
import { EdgeApi } from "../api/edge-api.js";
import type { FileRoom } from "../api/files/file-room.js";
import { changesOf, readChange } from "../api/flannel/question.js";
import type { Upstream } from "../api/www.js";
import { Balancer, type Conditions, HEALTHY, type Target } from "../balancer.js";
import type { PopConfig } from "../config.js";
import type { Counts, PopState, Role } from "../control/contract.js";
import { goodbyeMs, MOVE_MS } from "../drain/goodbye.js";
import { RemoteLog } from "../log/remote-log.js";
import { addressesOf } from "../migration/arms.js";
import type { ArmName } from "../migration/contract.js";
import type { Reach } from "../reach.js";
import { appWay } from "./app-way.js";
import { type ArmsOptions, armsBefore, factsOf, NOWHERE, type PopArm } from "./arms.js";
import { Arrivals, type Attendance } from "./attendance.js";
import { GatewayServer } from "./gateway-server.js";
import { ALPN, type MainRegion } from "./main-region.js";
import { dialMesh, type MeshCredentials, meshAgent } from "./mesh-dial.js";
import { MESH_NAME } from "./mesh-name.js";
import { PopProxies } from "./pop-proxies.js";
import type { Visitor } from "./socket-watch.js";
import { stateOf } from "./state-of.js";

export interface PopOptions
	extends Pick<
		ArmsOptions,
		"proxies" | "routes" | "certificate" | "capacity" | "slots" | "reshape"
	> {
	readonly config: PopConfig;
	readonly isMain: boolean;
	readonly main: MainRegion;
	readonly reach: Reach;
	readonly mesh: MeshCredentials;
	/** Where the main region is reached. */
	readonly meshTarget: () => Target | null;
	readonly attendance: Attendance;
	readonly acceptRate: () => number | null;
	readonly allowedOrigins: () => readonly string[];
	/** Of all PoPs. */
	readonly room: FileRoom;
}

/** Two clients that come at once are one too many, whatever the rate. */
const SHORTEST_WINDOW_MS = 1_000;

export type Link = "clients" | "main";

export class Pop {
	readonly config: PopConfig;
	readonly isMain: boolean;
	readonly balancers: readonly Balancer[];
	/** Null in the main region. */
	readonly link: Balancer | null;
	/** The old one first. */
	readonly arms: readonly [PopArm, ...PopArm[]];
	readonly proxies: PopProxies;
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
		this.arms = this.#newArms();
		this.proxies = new PopProxies(this.arms);
		this.balancers = config.addresses.map((address) => {
			const { host, port } = reach.listen(address);
			const { proxy } = this.arms.find(({ name }) => isOf(config, address, name)) ?? this.arms[0];
			return new Balancer({ host, port, target: () => proxy.target });
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

	/** Who is here, as the gateways see it. */
	get visitors(): readonly Visitor[] {
		return this.gateways.flatMap(({ visitors }) => visitors);
	}

	/** Sockets since the start, by the arm through which they came. */
	accepted(arm: ArmName): number {
		return this.gateways.reduce((sum, { accepted }) => sum + accepted[arm], 0);
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
			upgrades: this.proxies.upgrades,
			admission: structuredClone(this.api.www.counts),
			...factsOf(this.arms),
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
		this.proxies.upgrades = "pass";
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

	/** New gateways take newcomers, and the old ones' clients are asked to leave. */
	async replaceProxies(withinMs: number): Promise<void> {
		await this.proxies.replace(async () => {
			await Promise.all(this.gateways.map((gateway) => gateway.deploy(withinMs)));
		});
	}

	/** Who came through this arm is asked to leave, no faster than the gateways can take them in anew. */
	leave(arm: ArmName): void {
		const fullest = Math.max(0, ...this.gateways.map(({ visitors }) => visitors.length));
		const deadlineMs = goodbyeMs(fullest, this.#options.acceptRate());
		const farewell = { deadlineMs, windowMs: Math.max(SHORTEST_WINDOW_MS, deadlineMs - MOVE_MS) };
		for (const gateway of this.gateways) gateway.goodbye(arm, farewell);
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

	#newArms(): Pop["arms"] {
		const { config: pop, api, gateways } = this;
		const { main, mesh } = this.#options;
		const applink = appWay(this.link, main, mesh);
		const isLogNear = (): boolean => this.isLogNear;
		return armsBefore({ ...this.#options, pop, api, applink, gateways, isLogNear });
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

const isOf = (config: PopConfig, address: string, arm: ArmName): boolean =>
	addressesOf(config, arm).includes(address);
