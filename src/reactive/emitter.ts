import { EventEmitter } from "eventemitter3";
import type { Report, Unsubscribe } from "./readable.js";

/** Named events with typed details. A listener that throws is reported; the others still run. */
export class Emitter<Events extends object> {
	readonly #emitter = new EventEmitter();
	readonly #report: Report;

	constructor(report: Report) {
		this.#report = report;
	}

	on<E extends keyof Events & string>(
		event: E,
		listener: (detail: Events[E]) => void,
	): Unsubscribe {
		const guarded = (detail: Events[E]): void => {
			try {
				listener(detail);
			} catch (reason) {
				this.#report(reason);
			}
		};
		this.#emitter.on(event, guarded);
		return () => this.#emitter.off(event, guarded);
	}

	emit<E extends keyof Events & string>(event: E, detail: Events[E]): void {
		this.#emitter.emit(event, detail);
	}
}
