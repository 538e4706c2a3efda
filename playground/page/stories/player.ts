/*
 * Tells a story on this page.
 *
 *    offered ── start ──▶ running ◀── pause, resume, step ──▶ paused before its next step
 *       ▲                    │ its last step is over, or it was ended
 *       ╰──── another ───────┴──▶ over: with a verdict ── again ──▶ running
 */
import type { Story, Verdict } from "../../edge/stories/contract.js";
import { runStory } from "../../edge/stories/run-story.js";
import { Store } from "../app/store.js";
import { live, noteAction } from "../people/people.js";

export type Playing =
	| { readonly is: "offered" }
	| {
			readonly is: "running";
			/** -1: before its first step; the number of steps: they are over, and all is healed. */
			readonly at: number;
			readonly isPaused: boolean;
			/** It has come to the end of a step, and waits for the visitor. */
			readonly isHeld: boolean;
			/** It was ended early: all is healed, and then it is over. */
			readonly isEnding: boolean;
	  }
	| { readonly is: "over"; readonly verdict: Verdict }
	| { readonly is: "broken"; readonly words: string };

const READ_MS = 3_000;

function rest(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms);
		signal.addEventListener("abort", () => resolve(), { once: true });
	});
}

const BEGINNING: Playing = {
	is: "running",
	at: -1,
	isPaused: false,
	isHeld: false,
	isEnding: false,
};

export class Player {
	readonly playing = new Store<Playing>({ is: "offered" });
	readonly story: Story;
	#abort: AbortController | null = null;
	#release: (() => void) | null = null;
	/** It was started once more while it ran. */
	#again = false;
	/** When the caption has been read. */
	#readAt = 0;

	constructor(story: Story) {
		this.story = story;
	}

	/** From its beginning, also while it runs. */
	start(): void {
		if (this.playing.get().is === "running") {
			this.#again = true;
			return this.#end();
		}
		this.playing.set(BEGINNING);
		void this.#play();
	}

	pause(): void {
		this.#change({ isPaused: true });
	}

	resume(): void {
		this.#change({ isPaused: false });
		this.#release?.();
	}

	/** Goes on with one step, and pauses before the one after it. */
	step(): void {
		if (this.playing.get().is !== "running") this.start();
		this.#change({ isPaused: true });
		this.#release?.();
	}

	/** All is healed then. */
	stop(): void {
		this.#again = false;
		this.#end();
	}

	#end(): void {
		this.#change({ isEnding: true });
		this.#abort?.abort();
		this.#release?.();
	}

	async #play(): Promise<void> {
		const abort = new AbortController();
		this.#abort = abort;
		const { signal } = abort;
		const { title, steps } = this.story;
		noteAction(`story: ${title}`);
		try {
			const verdict = await runStory(this.story, {
				control: live.control,
				signal,
				gate: () => this.#gate(signal),
				onStep: ({ caption }, at) => {
					if (signal.aborted) return;
					this.#readAt = Date.now() + READ_MS;
					this.#change({ at, isHeld: false });
					noteAction(caption);
				},
				onSettle: () => {
					if (!signal.aborted) this.#change({ at: steps.length });
				},
			});
			this.#finish(signal.aborted ? { is: "offered" } : { is: "over", verdict });
		} catch (reason) {
			const words = `The story broke off: ${(reason as Error).message}`;
			this.#finish(signal.aborted ? { is: "offered" } : { is: "broken", words });
		}
	}

	#finish(playing: Playing): void {
		const isAgain = this.#again;
		this.#again = false;
		this.playing.set(playing);
		if (isAgain) this.start();
	}

	/** A caption stays long enough to be read; paused, it stops here. */
	async #gate(signal: AbortSignal): Promise<void> {
		const leftMs = this.#readAt - Date.now();
		if (leftMs > 0 && !signal.aborted) await rest(leftMs, signal);
		const playing = this.playing.get();
		if (playing.is !== "running" || !playing.isPaused || signal.aborted) return;
		this.#change({ isHeld: true });
		await new Promise<void>((resolve) => {
			this.#release = resolve;
		});
		this.#release = null;
		this.#change({ isHeld: false });
	}

	#change(change: Partial<Extract<Playing, { is: "running" }>>): void {
		const playing = this.playing.get();
		if (playing.is === "running") this.playing.set({ ...playing, ...change });
	}
}
