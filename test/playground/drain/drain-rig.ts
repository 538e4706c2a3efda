/* A daemon in virtual time: what it sees is set, what it decides is kept. */
import type {
	AuditEntry,
	DaemonState,
	Decided,
	DrainPolicy,
	Effect,
	Input,
	Seen,
	Target,
	Zone,
} from "../../../playground/edge/drain/contract.js";
import { newDaemon, transition } from "../../../playground/edge/drain/machine.js";
import { DRAIN_POLICY } from "../../../playground/edge/drain/policy.js";

export const POLICY: DrainPolicy = {
	...DRAIN_POLICY,
	automation: "on",
	ttlMs: 10_000,
	acceptRate: 100,
};

const NAMES = ["DUB", "FRA", "LHR", "IAD"];

export const ZONES: readonly Zone[] = NAMES.flatMap((pop, at) =>
	["a", "b"].map((letter, n) => ({
		pop,
		zone: `${pop}-${letter}`,
		address: `127.0.${at + 1}.1${n}`,
	})),
);

export const DUB: Target = { pop: "DUB", zone: null, service: null };
export const PACE = { stepPercent: 100, everyMs: 1_000 };

export const ALL_WELL: Seen = NAMES.map((pop) => ({
	pop,
	zones: ["a", "b"].map((letter) => ({ zone: `${pop}-${letter}`, asked: 6, failed: 0 })),
	isUp: true,
	sockets: 100,
	mostOfAGateway: 50,
	capacity: 2_000,
}));

/** By zone: the share of its probes that fails. */
export function failing(shares: Readonly<Record<string, number>>, seen = ALL_WELL): Seen {
	return seen.map((pop) => ({
		...pop,
		zones: pop.zones.map((zone) => ({ ...zone, failed: 6 * (shares[zone.zone] ?? 0) })),
	}));
}

export class DrainRig {
	state: DaemonState;
	seen: Seen = ALL_WELL;
	now = 0;
	readonly audit: (AuditEntry & { readonly at: number })[] = [];
	readonly effects: (Effect & { readonly at: number })[] = [];
	readonly policy: DrainPolicy;

	constructor(policy: Partial<DrainPolicy> = {}) {
		this.policy = { ...POLICY, ...policy };
		this.state = newDaemon(this.policy);
	}

	give(input: Input): Decided {
		const decided = transition(this.state, input, this.seen, this.policy, this.now);
		this.state = decided.state;
		this.audit.push(...decided.audit.map((entry) => ({ ...entry, at: this.now })));
		this.effects.push(...decided.effects.map((effect) => ({ ...effect, at: this.now })));
		return decided;
	}

	drain(target: Target, pace = PACE): string | null {
		return this.give({ is: "drain", target, pace, reason: "a test" }).refusal;
	}

	undrain(target: Target, pace = PACE): string | null {
		return this.give({ is: "undrain", target, pace }).refusal;
	}

	/** Four looks a second. */
	pass(ms: number): void {
		for (const end = this.now + ms; this.now < end; ) {
			this.now += 250;
			this.give({ is: "seen" });
		}
	}

	/** "drain DUB", in order. */
	get said(): readonly string[] {
		return this.audit.map(({ what, id }) => (id === null ? what : `${what} ${id}`));
	}

	get drained(): readonly string[] {
		return this.state.drains.map(({ id }) => id);
	}
}
