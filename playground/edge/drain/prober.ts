/*
 * Each zone is asked for its health through its own balancer, on a new connection each time, as a newcomer
 * would come in: the monitor asks one balancer of a PoP, and sees no half of it that is ill.
 */
import { type Asker, askHealth } from "../ask-health.js";
import type { Zone, ZoneSeen } from "./contract.js";
import { zonesOf } from "./target.js";

interface Result {
	readonly at: number;
	readonly ok: boolean;
}

export class Prober {
	readonly #options: Asker;
	readonly #zones: readonly Zone[];
	readonly #results = new Map<string, readonly Result[]>();
	#timer: NodeJS.Timeout | undefined;
	#end = new AbortController();

	constructor(options: Asker) {
		this.#options = options;
		this.#zones = zonesOf(options.config);
	}

	get isRunning(): boolean {
		return this.#timer !== undefined;
	}

	start(): void {
		if (this.isRunning) return;
		this.#end = new AbortController();
		const look = (): void => {
			for (const zone of this.#zones) void this.#look(zone);
		};
		this.#timer = setInterval(look, this.#options.config.drain.probeEveryMs);
		look();
	}

	/** What it has seen is forgotten: it would be old when it starts again. */
	stop(): void {
		clearInterval(this.#timer);
		this.#timer = undefined;
		this.#end.abort();
		this.#results.clear();
	}

	/** Of the window that ends now. */
	seen(zone: string): ZoneSeen {
		const results = this.#recent(zone);
		return { zone, asked: results.length, failed: results.filter(({ ok }) => !ok).length };
	}

	async #look({ zone, address }: Zone): Promise<void> {
		const end = this.#end.signal;
		const late = AbortSignal.timeout(this.#options.config.drain.probeTimeoutMs);
		const ok = await askHealth(this.#options, address, AbortSignal.any([end, late])).then(
			({ statusCode }) => statusCode === 200,
			() => false,
		);
		if (end.aborted) return;
		this.#results.set(zone, [...this.#recent(zone), { at: performance.now(), ok }]);
	}

	#recent(zone: string): readonly Result[] {
		const since = performance.now() - this.#options.config.drain.windowMs;
		return (this.#results.get(zone) ?? []).filter(({ at }) => at >= since);
	}
}
