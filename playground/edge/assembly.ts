/*
 * All parts of the edge, made from one configuration and told of each other; `parts.ts` has the order in
 * which they start, `control/perform.ts` what may be done to them while they run.
 */
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Crowd } from "./api/crowd.js";
import { FileRoom } from "./api/files/file-room.js";
import { LINK_PATH } from "./applink/opening.js";
import type { Target } from "./balancer.js";
import { CdnPair } from "./cdn-pair.js";
import { type EdgeConfig, namesOf, proxiesOf } from "./config.js";
import type { Counts, EdgeState, Where } from "./control/contract.js";
import { DrainDaemon } from "./drain/daemon.js";
import type { FleetManners, FleetWorld } from "./fleet/contract.js";
import { Fleet } from "./fleet/fleet.js";
import { Front } from "./front.js";
import { History } from "./history.js";
import { Ledger } from "./ledger.js";
import { type LogStore, logStore } from "./log/log-store.js";
import { addressesOf } from "./migration/arms.js";
import type { ArmName } from "./migration/contract.js";
import { Migration } from "./migration/migration.js";
import { Monitor } from "./monitor.js";
import { Names } from "./names.js";
import { Attendance } from "./pop/attendance.js";
import { MainRegion } from "./pop/main-region.js";
import { Pop } from "./pop/pop.js";
import { edgeRoutes } from "./pop/routes.js";
import type { ProxyModel } from "./proxy/model/model.js";
import type { Reach } from "./reach.js";
import { type Resolve, resolving } from "./resolving.js";
import type { Credentials } from "./tls/credentials.js";

export interface AssemblyOptions {
	/** "none": as on a machine without loopback aliases. @default "look" */
	readonly aliases?: "look" | "none";
	readonly manners?: Partial<FleetManners>;
	/** What a PoP's link leads to; for tests that listen in. @default the main region itself */
	readonly between?: (pop: string, mesh: Target | null) => Target | null;
	/** What a real proxy's configuration becomes; for tests of one that is wrong. @default as it is */
	readonly reshape?: (pop: string, arm: ArmName, model: ProxyModel) => ProxyModel;
}

export class Assembly {
	readonly config: EdgeConfig;
	/** Of the run. No secret. */
	readonly run = randomBytes(6).toString("base64url");
	readonly reach: Reach;
	readonly credentials: Credentials;
	readonly names: Names;
	readonly store: LogStore;
	readonly main: MainRegion;
	/** What is uploaded: gone with the run. */
	readonly room: FileRoom;
	readonly pops: readonly Pop[];
	readonly monitor: Monitor;
	readonly cdns: CdnPair;
	readonly front: Front;
	readonly fleet: Fleet;
	readonly crowd: Crowd;
	readonly ledger = new Ledger();
	readonly history = new History();
	readonly drain: DrainDaemon;
	readonly migration: Migration;
	/** Servers made from now on announce windows by it. */
	acceptRate: number | null;
	readonly #attendance = new Attendance();
	#resolver: Resolve | null = null;

	constructor(
		config: EdgeConfig,
		reach: Reach,
		credentials: Credentials,
		options: AssemblyOptions,
	) {
		this.config = config;
		this.reach = reach;
		this.credentials = credentials;
		this.acceptRate = config.acceptRate;
		this.names = new Names(config);
		this.store = logStore(config.log);
		this.main = this.#newMain();
		this.room = new FileRoom(join(tmpdir(), `holdfast-edge-${this.run}`));
		this.pops = config.pops.map((pop) => this.#newPop(pop, options));
		const { authority } = credentials;
		const saw = (pop: string, isUp: boolean): void => this.names.saw(pop, isUp);
		const through = (pop: string): string => this.#asked(pop);
		this.monitor = new Monitor({ config, reach, authority, through, saw });
		const acceptRate = (): number | null => this.acceptRate;
		const { names, pops } = this;
		this.drain = new DrainDaemon({ config, reach, authority, names, pops, acceptRate });
		this.migration = new Migration({
			config,
			reach,
			authority,
			names,
			pops,
			audit: this.drain.audit,
		});
		this.crowd = new Crowd({ config, reach, authority });
		this.cdns = new CdnPair(config.cdnRoot);
		this.front = new Front({
			config,
			reach,
			authority,
			resolve: (...asked) => this.#resolve(...asked),
		});
		const { manners = {} } = options;
		const world = (): FleetWorld => this.fleetWorld();
		this.fleet = new Fleet({ world, ledger: this.ledger, clients: config.clients, manners });
	}

	/** Throws for a PoP that there is not. */
	pop(name: string): Pop {
		const found = this.pops.find(({ config }) => config.name === name);
		if (found !== undefined) return found;
		const names = this.pops.map(({ config }) => config.name).join(", ");
		throw new RangeError(`There is no PoP "${name}"; there are ${names}.`);
	}

	get sockets(): Counts {
		const sum = (name: "primary" | "backup" | "arrivals"): number =>
			this.pops.reduce((total, { sockets }) => total + sockets[name], 0);
		return {
			primary: sum("primary"),
			backup: sum("backup"),
			polling: this.#attendance.polling,
			arrivals: sum("arrivals"),
		};
	}

	get state(): Omit<EdgeState, "phase" | "parts"> {
		const { primary, backup } = namesOf(this.config);
		return {
			run: this.run,
			at: Date.now(),
			pops: this.pops.map((pop) => ({
				...pop.state,
				dns: this.names.of(pop.config.name),
				health: this.monitor.of(pop.config.name),
			})),
			names: {
				primary: { name: primary, up: this.names.isUp("primary") },
				backup: { name: backup, up: this.names.isUp("backup") },
			},
			api: this.main.api,
			dns: this.names.state,
			cdns: this.cdns.states,
			sockets: this.sockets,
			acceptRate: this.acceptRate,
			fleet: this.fleet.state,
			ledger: this.ledger.state,
			visits: this.front.visits,
			drain: this.drain.view,
			migration: this.migration.view,
		};
	}

	get where(): Where {
		const { primary, backup, api } = namesOf(this.config);
		const at = (name: string): string => `${name}.localhost:${this.front.port}`;
		const { address, port, dohUrl } = this.names.server;
		return {
			browser: {
				endpoints: [`ws://${at("primary")}/`, `ws://${at("backup")}/`],
				api: `http://${at("api")}`,
			},
			node: {
				endpoints: [`wss://${primary}:${this.reach.port}/`, `wss://${backup}:${this.reach.port}/`],
				api: `https://${api}:${this.reach.port}`,
				dns: `${address}:${port}`,
				dohUrl,
				authority: this.credentials.authority,
			},
			cdns: this.cdns.states.map(({ origin }) => origin),
			hasAliases: this.reach.hasAliases,
		};
	}

	/** What a client needs to reach the edge from one of its neighbourhoods. */
	fleetWorld(): FleetWorld {
		const { config, reach, where } = this;
		const addresses = config.pops.flatMap((pop) => pop.addresses);
		return {
			node: where.node,
			hasAliases: reach.hasAliases,
			reach: Object.fromEntries(addresses.map((address) => [address, reach.of(address)])),
			// Nobody lives where the log is: the main region takes over, and is not the first choice.
			neighbourhoods: config.pops
				.filter(({ name }) => name !== config.main)
				.map(({ neighbourhood }) => neighbourhood),
		};
	}

	/** Made when it is first needed: DNS must listen by then. */
	#resolve(name: string, from: string): ReturnType<Resolve> {
		const { dns, dohUrl } = this.where.node;
		this.#resolver ??= resolving({ dns, dohUrl, hasAliases: this.reach.hasAliases });
		return this.#resolver(name, from);
	}

	/** An arm that newcomers have left may be taken away, and its PoP is none the worse. */
	#asked(pop: string): string {
		const { config } = this.pop(pop);
		const [address] = [...addressesOf(config, this.migration.leads), ...config.addresses];
		return address ?? "";
	}

	#newMain(): MainRegion {
		const { config, credentials } = this;
		const { primary, backup } = namesOf(config);
		const { port } = this.reach;
		return new MainRegion({
			log: this.store.log,
			certificate: credentials.mesh,
			authority: credentials.meshAuthority,
			peers: config.pops.map(({ name }) => name),
			attendance: this.#attendance,
			allowedOrigins: () => config.pageOrigins,
			apps: config.apps,
			links: [`wss://${primary}:${port}${LINK_PATH}`, `wss://${backup}:${port}${LINK_PATH}`],
		});
	}

	#newPop(
		pop: EdgeConfig["pops"][number],
		{ between, reshape = (_pop, _arm, model) => model }: AssemblyOptions,
	): Pop {
		const { config, credentials, reach, main } = this;
		const certificate = credentials.pops.get(pop.name);
		if (certificate === undefined) throw new Error(`${pop.name} has no certificate.`);
		return new Pop({
			config: pop,
			isMain: pop.name === config.main,
			main,
			reach,
			certificate: credentials.edge,
			mesh: { certificate, authority: credentials.meshAuthority },
			meshTarget: () => (between === undefined ? main.mesh : between(pop.name, main.mesh)),
			routes: edgeRoutes(namesOf(config)),
			attendance: this.#attendance,
			acceptRate: () => this.acceptRate,
			allowedOrigins: () => config.pageOrigins,
			proxies: proxiesOf(config),
			reshape: (arm, model) => reshape(pop.name, arm, model),
			slots: config.slots,
			capacity: config.capacity,
			room: this.room,
		});
	}
}
