/* What a follower asks of the leading tab's client, and waits for. */
import { RealtimeError } from "../errors/realtime-error.js";
import { dispose } from "../reactive/disposable.js";
import type { Clock } from "../runtime/runtime.js";
import type { CallName, Parcel, TabId } from "../share/contract.js";
import { fromPlainError } from "../share/plain.js";

const CALL_MS = 30_000;
const MAX_REASON = 1_000;

interface Call {
	resolve(value: number): void;
	reject(cause: RealtimeError): void;
	readonly timer: Disposable;
}

export class Calls {
	readonly #clock: Clock;
	readonly #post: (parcel: Parcel) => void;
	readonly #waiting = new Map<number, Call>();
	#ids = 0;

	constructor(clock: Clock, post: (parcel: Parcel) => void) {
		this.#clock = clock;
		this.#post = post;
	}

	/** One that has no answer. */
	tell(to: TabId | null, name: Exclude<CallName, "load-more">, reason: string): void {
		if (to !== null) this.#send(to, name, reason);
	}

	loadMore(to: TabId | null): Promise<number> {
		if (to === null) return Promise.reject(gone());
		const id = this.#send(to, "load-more", "asked");
		return new Promise((resolve, reject) => {
			const late = (): void => {
				this.#waiting.delete(id);
				reject(gone());
			};
			const timer = this.#clock.setTimeout(late, CALL_MS, "share-call");
			this.#waiting.set(id, { resolve, reject, timer });
		});
	}

	#send(to: TabId, name: CallName, reason: string): number {
		this.#ids += 1;
		const id = this.#ids;
		this.#post({ type: "call", to, id, name, reason: reason.slice(0, MAX_REASON) });
		return id;
	}

	replied({ id, value }: Extract<Parcel, { type: "reply" }>): void {
		const call = this.#waiting.get(id);
		if (call === undefined) return;
		this.#waiting.delete(id);
		dispose(call.timer);
		if (typeof value === "number") call.resolve(value);
		else call.reject(fromPlainError(value));
	}

	/** Nobody will answer. */
	end(): void {
		for (const { reject, timer } of this.#waiting.values()) {
			dispose(timer);
			reject(gone());
		}
		this.#waiting.clear();
	}
}

const gone = (): RealtimeError =>
	new RealtimeError("connection-lost", "No tab leads at the moment.");
