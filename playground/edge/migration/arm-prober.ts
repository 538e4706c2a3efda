/*
 * Both arms are asked for the same upgrade, through every balancer of theirs: status, headers, and how long it took.
 * A proxy answers for its health by itself, each kind in its own words; an upgrade goes the way of users.
 */
import type { IncomingMessage } from "node:http";
import type { Asker } from "../ask-health.js";
import { allAddresses } from "./arms.js";
import { askUpgrade } from "./ask-upgrade.js";
import type { ArmName, ArmSeen } from "./contract.js";

interface Result {
	readonly at: number;
	readonly is: "ok" | "failed" | "late";
	readonly ms: number;
}

const EVERY_MS = 500;
const TIMEOUT_MS = 2_000;
/** Of the connection, of the moment, or of the proxy's own name: they differ and say nothing. */
const PASSING = [
	"date",
	"connection",
	"keep-alive",
	"transfer-encoding",
	"content-length",
	"server",
	"via",
	"sec-websocket-accept",
];

export class ArmProber {
	readonly #options: Asker;
	readonly #results: Record<ArmName, readonly Result[]> = { old: [], new: [] };
	readonly #headers: Record<ArmName, readonly string[] | null> = { old: null, new: null };
	#timer: NodeJS.Timeout | undefined;
	#end = new AbortController();

	constructor(options: Asker) {
		this.#options = options;
	}

	start(): void {
		this.#end = new AbortController();
		const look = (): void => {
			for (const arm of ["old", "new"] as const)
				for (const address of allAddresses(this.#options.config, arm))
					void this.#look(arm, address);
		};
		this.#timer = setInterval(look, EVERY_MS);
		look();
	}

	stop(): void {
		clearInterval(this.#timer);
		this.#end.abort();
		for (const arm of ["old", "new"] as const) {
			this.#results[arm] = [];
			this.#headers[arm] = null;
		}
	}

	seen(arm: ArmName): Omit<ArmSeen, "users" | "active" | "newcomers"> {
		const results = this.#recent(arm);
		const count = (is: Result["is"]): number => results.filter((each) => each.is === is).length;
		const times = results.flatMap(({ is, ms }) => (is === "ok" ? [ms] : [])).sort((a, b) => a - b);
		return {
			asked: results.length,
			failed: count("failed"),
			timedOut: count("late"),
			p95Ms: times[Math.min(times.length - 1, Math.floor(0.95 * times.length))] ?? 0,
			headers: this.#headers[arm],
		};
	}

	async #look(arm: ArmName, address: string): Promise<void> {
		const end = this.#end.signal;
		const beganAt = performance.now();
		const late = AbortSignal.timeout(TIMEOUT_MS);
		const answer = await askUpgrade(this.#options, address, AbortSignal.any([end, late])).catch(
			() => null,
		);
		if (end.aborted) return;
		const is = answer?.statusCode === 101 ? "ok" : late.aborted ? "late" : "failed";
		const now = performance.now();
		this.#results[arm] = [...this.#recent(arm), { at: now, is, ms: now - beganAt }];
		if (answer !== null && is === "ok") this.#headers[arm] = linesOf(answer);
	}

	#recent(arm: ArmName): readonly Result[] {
		const since = performance.now() - this.#options.config.migration.windowMs;
		return this.#results[arm].filter(({ at }) => at >= since);
	}
}

function linesOf({ headers }: IncomingMessage): readonly string[] {
	return Object.entries(headers)
		.filter(([name]) => !PASSING.includes(name))
		.map(([name, value]) => `${name}: ${value}`)
		.sort();
}
