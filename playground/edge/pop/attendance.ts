/* Who is here, as servers see it: sockets as they come, and clients that poll and have none. */

/** As long after its last poll a client counts. */
const POLLING_MS = 10_000;
const ARRIVALS_MS = 1_000;

export class Attendance {
	/** By token: who he is. */
	readonly #polls = new Map<string, number>();
	readonly #now: () => number;

	constructor(now: () => number = () => performance.now()) {
		this.#now = now;
	}

	polled(token: string): void {
		this.#polls.set(token, this.#now());
	}

	/** He has a socket, and polls no more. */
	admitted(token: string): void {
		this.#polls.delete(token);
	}

	get polling(): number {
		const since = this.#now() - POLLING_MS;
		for (const [token, at] of this.#polls) if (at < since) this.#polls.delete(token);
		return this.#polls.size;
	}
}

/** How many within the last second. */
export class Arrivals {
	#times: number[] = [];
	readonly #now: () => number;

	constructor(now: () => number = () => performance.now()) {
		this.#now = now;
	}

	add(): void {
		this.#times.push(this.#now());
	}

	get count(): number {
		const since = this.#now() - ARRIVALS_MS;
		const first = this.#times.findIndex((at) => at >= since);
		this.#times = first === -1 ? [] : this.#times.slice(first);
		return this.#times.length;
	}
}

/** Everybody's token is his name. A real server would verify one. */
export function isName(token: string | null): token is string {
	return token !== null && /^[\w-]{1,64}$/.test(token);
}
