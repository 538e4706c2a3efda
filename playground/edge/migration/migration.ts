/*
 * The shell of a migration: while one is under way, both arms are asked and counted, twice a second; the machine
 * decides; DNS is told the weights. Gateways say goodbye when it is over.
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
import { activeUsers } from "./users.js";

export interface MigrationOptions {
	readonly config: EdgeConfig;
	readonly reach: Reach;
	readonly authority: string;
	readonly names: Names;
	readonly pops: readonly Pop[];
	readonly audit: AuditLog;
}

const LOOK_MS = 500;
const NONE: Readonly<Record<ArmName, number>> = { old: 0, new: 0 };
const NO_ARM =
	"Every PoP has one proxy: start the playground with --to envoy or --to haproxy, so that there is another to migrate to.";

export class Migration {
	readonly #options: MigrationOptions;
	readonly #prober: ArmProber;
	#state: MigrationState = { is: "idle" };
	#timer: NodeJS.Timeout | undefined;
	#goodbye: NodeJS.Timeout | undefined;
	/** Sockets accepted until the step began. */
	#before = NONE;

	constructor(options: MigrationOptions) {
		this.#options = options;
		this.#prober = new ArmProber(options);
	}

	get view(): MigrationView {
		const { migration: policy } = this.#options.config;
		const arms = this.#timer === undefined ? null : this.#arms();
		return { state: this.#state, percent: percentOf(this.#state, policy), arms, policy };
	}

	/** To which most newcomers are led. */
	get leads(): ArmName {
		return this.view.percent > 50 ? "new" : "old";
	}

	/** Throws with why it was refused. */
	order(is: "migrate" | "roll-back"): void {
		if (this.#pops.length === 0) throw new Error(NO_ARM);
		const refusal = this.#take({ is });
		if (refusal !== null) throw new Error(refusal);
	}

	/**
	 * Before there is a migration: a new arm of another kind gets nobody, and one of the same kind is as good as the
	 * old one.
	 */
	rest(): void {
		const { config, names } = this.#options;
		for (const pop of this.#pops)
			names.weigh(pop.config.name, config.newArm === null ? [] : armsOf(pop.config, 0));
	}

	/** As at the start. */
	heal(): void {
		if (this.#state.is !== "idle") this.order("roll-back");
		clearTimeout(this.#goodbye);
		this.rest();
	}

	stop(): void {
		clearTimeout(this.#goodbye);
		this.#lookAway();
	}

	/** Those that have two arms. */
	get #pops(): readonly Pop[] {
		return this.#options.pops.filter(({ arms }) => arms.length > 1);
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
		if (decided.audit.some(({ what }) => what !== "refused")) this.#obey(decided.goodbye);
		return decided.refusal;
	}

	#obey(goodbye: ArmName | null): void {
		const { config, names } = this.#options;
		const percent = percentOf(this.#state, config.migration);
		for (const pop of this.#pops) names.weigh(pop.config.name, armsOf(pop.config, percent));
		this.#before = this.#accepted();
		clearTimeout(this.#goodbye);
		if (goodbye !== null) this.#sayGoodbye(goodbye);
		if (this.#state.is !== "moving") return this.#lookAway();
		if (this.#timer !== undefined) return;
		this.#prober.start();
		this.#timer = setInterval(() => this.#take({ is: "seen" }), LOOK_MS);
	}

	/** When the last answer that leads there has lapsed: else who leaves could come back to it. */
	#sayGoodbye(arm: ArmName): void {
		this.#goodbye = setTimeout(() => {
			for (const pop of this.#pops) pop.leave(arm);
		}, this.#options.config.ttl * 1_000);
	}

	#lookAway(): void {
		clearInterval(this.#timer);
		this.#timer = undefined;
		this.#prober.stop();
	}

	#arms(): Arms {
		const { windowMs } = this.#options.config.migration;
		const visitors = this.#pops.flatMap((pop) => pop.visitors);
		const active = activeUsers(visitors, performance.now() - windowMs);
		const accepted = this.#accepted();
		const seen = (arm: ArmName): ArmSeen => ({
			...this.#prober.seen(arm),
			users: this.#pops
				.flatMap((pop) => balancersOf(pop, arm))
				.reduce((sum, balancer) => sum + balancer.lasting(windowMs), 0),
			active: active[arm],
			newcomers: accepted[arm] - this.#before[arm],
		});
		return { old: seen("old"), new: seen("new") };
	}

	#accepted(): Readonly<Record<ArmName, number>> {
		const sum = (arm: ArmName): number =>
			this.#pops.reduce((total, pop) => total + pop.accepted(arm), 0);
		return { old: sum("old"), new: sum("new") };
	}
}

function balancersOf({ config, balancers }: Pop, arm: ArmName): readonly Balancer[] {
	const addresses = addressesOf(config, arm);
	return balancers.filter((_, at) => addresses.includes(config.addresses[at] ?? ""));
}
