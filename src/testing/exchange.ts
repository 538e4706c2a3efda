import { Pipe } from "./lane.js";
import type { Route, Traffic } from "./route.js";

/** One HTTP request and its answer. What was sent arrives even if nobody waits for the answer any more. */
export class Exchange implements Traffic {
	readonly #route: Route;
	readonly #up: Pipe;
	readonly #down: Pipe;
	#reject: (reason: unknown) => void = () => {};

	constructor(route: Route) {
		this.#route = route;
		this.#up = new Pipe(route.up, () => this.reset());
		this.#down = new Pipe(route.down, () => this.reset());
		route.traffic.add(this);
	}

	run(request: Request): Promise<Response> {
		return new Promise((resolve, reject) => {
			const { signal } = request;
			const abort = (): void => this.#reject(signal.reason);
			this.#reject = (reason) => {
				this.#leave();
				reject(reason);
			};
			if (signal.aborted) return abort();
			signal.addEventListener("abort", abort, { once: true });
			this.#send(request, (response) => {
				signal.removeEventListener("abort", abort);
				this.#leave();
				resolve(response);
			});
		});
	}

	reset(): void {
		this.#up.cut();
		this.#down.cut(() => this.#reject(new TypeError("Failed to fetch")));
	}

	vanish(): void {
		this.#up.cut();
		this.#down.cut();
	}

	abandon(): void {
		this.#leave();
		this.#down.cut();
	}

	#send(request: Request, answered: (response: Response) => void): void {
		if (this.#route.isHanging) return;
		const { host } = this.#route;
		if (this.#route.isRefusing || host === null) {
			this.#up.sendLast(() => this.#hangUp());
			return;
		}
		this.#up.sendLast(() => {
			(this.#route.host ?? host).request(request).then(
				(response) => this.#down.sendLast(() => answered(response)),
				() => this.#hangUp(),
			);
		});
	}

	#hangUp(): void {
		this.#down.sendLast(() => this.#reject(new TypeError("Failed to fetch")));
	}

	#leave(): void {
		this.#route.traffic.delete(this);
	}
}
