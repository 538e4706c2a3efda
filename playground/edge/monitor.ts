/*
 * What DNS knows of a PoP's health: each is asked through one balancer, as a client would come in,
 * TLS and all. So many failures in a row make it down, so many successes up again.
 */
import { type Asker, askHealth } from "./ask-health.js";
import type { PopState } from "./control/contract.js";

export interface MonitorOptions extends Asker {
	/** By which of its addresses a PoP is asked. */
	readonly through: (pop: string) => string;
	/** Whenever it is sure. */
	readonly saw: (pop: string, isUp: boolean) => void;
}

interface Watch {
	health: PopState["health"];
	isUp: boolean;
	/** Of what contradicts `isUp`. */
	inARow: number;
	isAsking: boolean;
}

export class Monitor {
	readonly #options: MonitorOptions;
	readonly #watches = new Map<string, Watch>();
	#timer: NodeJS.Timeout | undefined;
	readonly #end = new AbortController();

	constructor(options: MonitorOptions) {
		this.#options = options;
		for (const { name } of options.config.pops)
			this.#watches.set(name, {
				health: { ok: true, detail: "not asked yet", at: null },
				isUp: true,
				inARow: 0,
				isAsking: false,
			});
	}

	of(pop: string): PopState["health"] {
		return this.#watches.get(pop)?.health ?? { ok: false, detail: "no such PoP", at: null };
	}

	start(): void {
		const look = (): void => {
			for (const pop of this.#watches.keys()) void this.#look(pop);
		};
		this.#timer = setInterval(look, this.#options.config.monitor.everyMs);
		look();
	}

	stop(): void {
		clearInterval(this.#timer);
		this.#end.abort();
	}

	async #look(pop: string): Promise<void> {
		const watch = this.#watches.get(pop);
		if (watch === undefined || watch.isAsking) return;
		watch.isAsking = true;
		const detail = await this.#ask(pop).catch((reason: Error) => reason.message);
		watch.isAsking = false;
		if (this.#end.signal.aborted) return;
		const ok = detail === "200";
		watch.health = { ok, detail, at: Date.now() };
		watch.inARow = ok === watch.isUp ? 0 : watch.inARow + 1;
		const { fall, rise } = this.#options.config.monitor;
		if (watch.inARow < (ok ? rise : fall)) return;
		watch.isUp = ok;
		watch.inARow = 0;
		this.#options.saw(pop, ok);
	}

	/** The status, or rejects with why there is none. */
	async #ask(pop: string): Promise<string> {
		const { config, through } = this.#options;
		const late = AbortSignal.timeout(config.monitor.timeoutMs);
		const signal = AbortSignal.any([this.#end.signal, late]);
		const answer = askHealth(this.#options, through(pop), signal);
		const { statusCode } = await answer.catch((error: NodeJS.ErrnoException) => {
			throw new Error(signal.aborted ? "no answer" : (error.code ?? error.message));
		});
		return String(statusCode);
	}
}
