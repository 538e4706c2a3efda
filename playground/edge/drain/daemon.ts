/*
 * The shell of the drain daemon: it looks, has the machine decide, and obeys.
 *
 *    probes, sockets, DNS ──▶ machine ──▶ shares ──▶ DNS: the next question
 *    orders by the API ───────┘  │  ╰──▶ goodbyes ──▶ gateways: their clients dial elsewhere, and leave then
 *                                ╰─────▶ audit log
 */
import type { EdgeConfig } from "../config.js";
import type { Names } from "../names.js";
import type { Pop } from "../pop/pop.js";
import type { Reach } from "../reach.js";
import { AuditLog } from "./audit-log.js";
import {
	type Automation,
	type DaemonState,
	type DrainPolicy,
	type DrainView,
	type Input,
	type PopSeen,
	SERVICES,
	type Seen,
	type Zone,
} from "./contract.js";
import { newDaemon, transition } from "./machine.js";
import { Prober } from "./prober.js";
import { type Shares, sharesOf } from "./shares.js";
import { zonesOf } from "./target.js";

export interface DaemonOptions {
	readonly config: EdgeConfig;
	readonly reach: Reach;
	readonly authority: string;
	readonly names: Names;
	readonly pops: readonly Pop[];
	/** Of servers that are made now. */
	readonly acceptRate: () => number | null;
}

const LOOK_MS = 250;
const MOST_SHOWN = 12;

export class DrainDaemon {
	readonly audit: AuditLog;
	readonly #options: DaemonOptions;
	readonly #zones: readonly Zone[];
	readonly #prober: Prober;
	#state: DaemonState;
	#shares: Shares = {};
	#timer: NodeJS.Timeout | undefined;

	constructor(options: DaemonOptions) {
		this.#options = options;
		this.#zones = zonesOf(options.config);
		this.#prober = new Prober(options);
		this.audit = new AuditLog(options.config.auditFile);
		this.#state = newDaemon(options.config.drain);
	}

	get view(): DrainView {
		return {
			state: this.#state,
			seen: this.#seen(),
			zones: this.#zones,
			policy: this.#policy,
			audit: this.audit.lines.slice(-MOST_SHOWN),
			trouble: this.audit.trouble,
		};
	}

	start(): void {
		this.#heedAutomation();
		this.#timer = setInterval(() => this.#take({ is: "seen" }), LOOK_MS);
	}

	async stop(): Promise<void> {
		clearInterval(this.#timer);
		this.#prober.stop();
		await this.audit.flush();
	}

	/** Throws with why it was refused. */
	order(input: Exclude<Input, { readonly is: "seen" }>): void {
		const refusal = this.#take(input);
		if (refusal !== null) throw new Error(refusal);
	}

	/** Nothing is drained, and the automation is as configured. */
	heal(): void {
		for (const { target, stage } of this.#state.drains)
			if (stage.is !== "undraining")
				this.order({ is: "undrain", target, pace: { stepPercent: 100, everyMs: 0 } });
		const { automation } = this.#options.config.drain;
		if (automation !== this.#state.automation) this.order({ is: "automation", automation });
		// What is on its way back goes all of it at once.
		this.#state = { ...newDaemon({ automation }) };
		this.#tellDns();
	}

	get #policy(): DrainPolicy {
		const { config, acceptRate } = this.#options;
		return { ...config.drain, ttlMs: config.ttl * 1_000, acceptRate: acceptRate() };
	}

	#take(input: Input): string | null {
		const now = performance.now();
		const decided = transition(this.#state, input, this.#seen(), this.#policy, now);
		this.#state = decided.state;
		this.audit.add(decided.audit);
		this.#tellDns();
		for (const { pop, withinMs } of decided.effects)
			this.#options.pops.find(({ config }) => config.name === pop)?.deploy(withinMs);
		if (input.is === "automation") this.#heedAutomation();
		return decided.refusal;
	}

	#heedAutomation(): void {
		const { automation }: { readonly automation: Automation } = this.#state;
		if (automation === "off") this.#prober.stop();
		else this.#prober.start();
	}

	#seen(): Seen {
		const { config, names, pops } = this.#options;
		return pops.map((pop): PopSeen => {
			const { name } = pop.config;
			const zones = this.#zones.filter((each) => each.pop === name);
			return {
				pop: name,
				zones: zones.map(({ zone }) => this.#prober.seen(zone)),
				isUp: names.of(name).up,
				sockets: pop.sockets.primary + pop.sockets.backup,
				mostOfAGateway: Math.max(
					0,
					...pop.gateways.map(({ sockets }) => sockets.primary + sockets.backup),
				),
				capacity: config.capacity,
			};
		});
	}

	/** What has changed, and nothing twice. */
	#tellDns(): void {
		const shares = sharesOf(this.#state.drains, this.#zones);
		for (const { name } of this.#options.config.pops) {
			const [before, now] = [this.#shares[name], shares[name]];
			if (JSON.stringify(before) === JSON.stringify(now)) continue;
			const none = Object.fromEntries(
				SERVICES.map((service) => [service, { whole: 0, addresses: {} }]),
			);
			this.#options.names.drain(name, now ?? none);
		}
		this.#shares = shares;
	}
}
