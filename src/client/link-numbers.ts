/* Which numbers hellos and publishes over HTTP have: the server fences off what has an older one. */

/** More than a dial's deadline has time for. */
const REQUESTS_A_DIAL = 1_024;

export class LinkNumbers {
	readonly #last: () => number;
	readonly #next: (step: number) => number;
	/** The hello that has neither been welcomed nor lost, and the last number given away below its own. */
	#hello: { readonly dialId: number; below: number } | null = null;

	/** `last` was given last; `next` gives one so much above it. */
	constructor(last: () => number, next: (step: number) => number) {
		this.#last = last;
		this.#next = next;
	}

	/**
	 * Above all others, with room below it for the requests that are made before its welcome. Numbered after
	 * it, they would fence the very link that takes over from them.
	 */
	ofHello(dialId: number): number {
		this.#hello = { dialId, below: this.#last() };
		return this.#next(REQUESTS_A_DIAL);
	}

	ofRequest(): number {
		if (this.#hello === null) return this.#next(1);
		this.#hello.below += 1;
		return this.#hello.below;
	}

	/** It was welcomed, or is lost. */
	answered(dialId: number): void {
		if (this.#hello?.dialId === dialId) this.#hello = null;
	}
}
