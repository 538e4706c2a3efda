/*
 * Each zone is asked for its health through its own balancer, on a new connection each time, as a newcomer
 * would come in: the monitor asks a PoP's first balancer alone, and sees no half of it that is ill.
 */
import { request } from "node:https";
import { type EdgeConfig, namesOf } from "../config.js";
import { HEALTH_PATH } from "../pop/proxy.js";
import type { Reach } from "../reach.js";
import type { Zone, ZoneSeen } from "./contract.js";
import { zonesOf } from "./target.js";

export interface ProberOptions {
	readonly config: EdgeConfig;
	readonly reach: Reach;
	/** Who signed what the PoPs show: PEM. */
	readonly authority: string;
}

interface Result {
	readonly at: number;
	readonly ok: boolean;
}

export class Prober {
	readonly #options: ProberOptions;
	readonly #zones: readonly Zone[];
	readonly #results = new Map<string, readonly Result[]>();
	#timer: NodeJS.Timeout | undefined;
	#end = new AbortController();

	constructor(options: ProberOptions) {
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
		const ok = await this.#ask(address, end).catch(() => false);
		if (end.aborted) return;
		this.#results.set(zone, [...this.#recent(zone), { at: performance.now(), ok }]);
	}

	#recent(zone: string): readonly Result[] {
		const since = performance.now() - this.#options.config.drain.windowMs;
		return (this.#results.get(zone) ?? []).filter(({ at }) => at >= since);
	}

	#ask(address: string, end: AbortSignal): Promise<boolean> {
		const { config, reach, authority } = this.#options;
		const signal = AbortSignal.any([end, AbortSignal.timeout(config.drain.probeTimeoutMs)]);
		return new Promise((resolve, reject) => {
			const asked = request({
				...reach.of(address),
				path: HEALTH_PATH,
				servername: namesOf(config).primary,
				ca: authority,
				agent: false,
				signal,
			});
			asked.on("response", (response) => {
				response.resume();
				resolve(response.statusCode === 200);
			});
			asked.on("error", reject);
			asked.end();
		});
	}
}
