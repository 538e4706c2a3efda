/*
 * The shell of a migration: while one is under way, both arms are asked and counted, twice a second; the machine
 * decides; DNS is told the weights.
 */
import type { Balancer } from "../balancer.js";
import type { EdgeConfig } from "../config.js";
import type { AuditLog } from "../drain/audit-log.js";
import type { Names } from "../names.js";
import type { Pop } from "../pop/pop.js";
import type { Reach } from "../reach.js";
import { ArmProber } from "./arm-prober.js";
import { addressesOf, armsOf } from "./arms.js";
import type {
	ArmName,
	ArmSeen,
	Arms,
	MigrationInput,
	MigrationState,
	MigrationView,
} from "./contract.js";
import { percentOf, transition } from "./machine.js";

export interface MigrationOptions {
	readonly config: EdgeConfig;
	readonly reach: Reach;
	readonly authority: string;
	readonly names: Names;
	readonly pops: readonly Pop[];
	readonly audit: AuditLog;
}

const LOOK_MS = 500;

export class Migration {
	readonly #options: MigrationOptions;
	readonly #prober: ArmProber;
	#state: MigrationState = { is: "idle" };
	#timer: NodeJS.Timeout | undefined;

	constructor(options: MigrationOptions) {
		this.#options = options;
		this.#prober = new ArmProber(options);
	}

	get view(): MigrationView {
		const { migration: policy } = this.#options.config;
		const arms = this.#timer === undefined ? null : this.#arms();
		return { state: this.#state, percent: percentOf(this.#state, policy), arms, policy };
	}

	/** Throws with why it was refused. */
	order(is: "migrate" | "roll-back"): void {
		const refusal = this.#take({ is });
		if (refusal !== null) throw new Error(refusal);
	}

	/** As at the start: DNS gives all addresses, unweighed. */
	heal(): void {
		if (this.#state.is !== "idle") this.order("roll-back");
		for (const { config } of this.#options.pops) this.#options.names.weigh(config.name, []);
	}

	stop(): void {
		clearInterval(this.#timer);
		this.#timer = undefined;
		this.#prober.stop();
	}

	#take(input: MigrationInput): string | null {
		const { config, audit } = this.#options;
		const before = this.#state;
		const decided = transition(before, input, this.#arms(), config.migration, performance.now());
		this.#state = decided.state;
		audit.add(
			decided.audit.map((each) => ({
				...each,
				id: "migration",
				by: input.is === "seen" ? ("automation" as const) : ("hand" as const),
			})),
		);
		if (decided.audit.some(({ what }) => what !== "refused")) this.#obey();
		return decided.refusal;
	}

	#obey(): void {
		const { config, pops, names } = this.#options;
		const percent = percentOf(this.#state, config.migration);
		for (const pop of pops) names.weigh(pop.config.name, armsOf(pop.config, percent));
		if (this.#state.is !== "moving") return this.stop();
		if (this.#timer !== undefined) return;
		this.#prober.start();
		this.#timer = setInterval(() => this.#take({ is: "seen" }), LOOK_MS);
	}

	#arms(): Arms {
		return { old: this.#seen("old"), new: this.#seen("new") };
	}

	/** A user has one connection, so those that have said something are the users that are active. */
	#seen(arm: ArmName): ArmSeen {
		const { windowMs } = this.#options.config.migration;
		const balancers = this.#options.pops.flatMap((pop) => balancersOf(pop, arm));
		const sum = (of: (balancer: Balancer) => number): number =>
			balancers.reduce((total, balancer) => total + of(balancer), 0);
		return {
			...this.#prober.seen(arm),
			users: sum(({ connections }) => connections),
			active: sum((balancer) => balancer.activeWithin(windowMs)),
		};
	}
}

function balancersOf({ config, balancers }: Pop, arm: ArmName): readonly Balancer[] {
	const addresses = addressesOf(config, arm);
	return balancers.filter((_, at) => addresses.includes(config.addresses[at] ?? ""));
}
