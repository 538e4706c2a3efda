/*
 * Runs a story against the control API: step by step, each until what it waits for. At the end everything is
 * healed, and the ledger is read: nothing lost, repeated or out of order, over enough messages.
 */
import type { ControlClient } from "../control/client.js";
import { type Action, type EdgeState, ROLES } from "../control/contract.js";
import { ALL_CONNECTED, both, NOTHING_PENDING, socketsOf } from "./conditions.js";
import type { Condition, Step, Story, Verdict, View } from "./contract.js";

export interface RunOptions {
	readonly control: ControlClient;
	/** Told as a step begins, and of each state while it runs. */
	readonly onStep?: (step: Step, at: number) => void;
	/** The last step is over: all is healed, and what is under way arrives. */
	readonly onSettle?: () => void;
	/** Awaited before each step: a page pauses here. */
	readonly gate?: (step: Step) => Promise<void>;
	/** What there must be clients × seconds of. @default "delivered" */
	readonly enough?: "delivered" | "stored";
	/** Ends the story early; all is healed then too. */
	readonly signal?: AbortSignal;
}

const SETTLE_MS = 60_000;
const LOOK_MS = 1_000;
const CDN_MS = 800;

/** Rejects only if the API can't be reached; what goes wrong in the story is in the verdict. */
export async function runStory(story: Story, options: RunOptions): Promise<Verdict> {
	const before = await options.control.state();
	const run = new Run(story, options, before);
	try {
		await run.play();
		return run.verdict();
	} finally {
		run.end();
	}
}

class Run {
	readonly #story: Story;
	readonly #options: RunOptions;
	readonly #before: EdgeState;
	readonly #beganAt = performance.now();
	readonly #end = new AbortController();
	readonly #failures: string[] = [];
	readonly #took: Verdict["steps"][number][] = [];
	#view: View;
	#hasBitten = false;
	#cdnTimer: ReturnType<typeof setInterval> | undefined;
	/** Called with each state. */
	#heard: () => void = () => undefined;

	constructor(story: Story, options: RunOptions, before: EdgeState) {
		this.#story = story;
		this.#options = options;
		this.#before = before;
		const cdns = { primary: true, backup: true };
		this.#view = {
			now: before,
			before,
			step: before,
			arrivals: 0,
			fewestSockets: socketsOf(before),
			earlier: {},
			cdns,
		};
	}

	async play(): Promise<void> {
		void this.#watch();
		if (this.#story.watchesCdns === true) this.#lookAtCdns();
		for (const [at, step] of this.#story.steps.entries()) {
			await this.#options.gate?.(step);
			if (this.#options.signal?.aborted || !(await this.#play(step, at))) break;
		}
		await this.#settle();
	}

	end(): void {
		clearInterval(this.#cdnTimer);
		this.#end.abort();
	}

	verdict(): Verdict {
		const { now } = this.#view;
		const seconds = (performance.now() - this.#beganAt) / 1_000;
		const gained = (name: "lost" | "repeated" | "outOfOrder" | "late" | "altered"): number =>
			now.ledger[name] - this.#before.ledger[name];
		const counts = {
			lost: gained("lost"),
			repeated: gained("repeated"),
			outOfOrder: gained("outOfOrder"),
			late: gained("late"),
			altered: gained("altered"),
		};
		if (!this.#hasBitten) this.#failures.push(`It struck nobody: ${this.#story.bite.says}.`);
		for (const [name, count] of Object.entries(counts))
			if (count > 0)
				this.#failures.push(`${name}: ${count}. ${now.ledger.examples.slice(0, 3).join("; ")}`);
		return {
			story: this.#story.id,
			ok: this.#failures.length === 0,
			failures: this.#failures,
			seconds,
			clients: now.fleet.clients,
			messages: now.ledger.delivered - this.#before.ledger.delivered,
			published: now.ledger.stored - this.#before.ledger.stored,
			...counts,
			steps: this.#took,
		};
	}

	async #play(step: Step, at: number): Promise<boolean> {
		const beganAt = performance.now();
		const { now } = this.#view;
		this.#view = { ...this.#view, step: now, arrivals: 0, fewestSockets: socketsOf(now) };
		this.#options.onStep?.(step, at);
		await this.#act(step, step.act(now));
		const isDone = await this.#until(step.until, step.withinMs);
		const { arrivals, earlier } = this.#view;
		this.#view = { ...this.#view, earlier: { ...earlier, [step.id]: arrivals } };
		const tookMs = Math.round(performance.now() - beganAt);
		this.#took.push({ caption: step.caption, tookMs, arrivals });
		if (!isDone && this.#options.signal?.aborted !== true)
			this.#failures.push(
				`"${step.caption}" waited ${step.withinMs} ms in vain: ${step.until.says}.`,
			);
		return isDone;
	}

	async #act({ isAtOnce }: Step, actions: readonly Action[]): Promise<void> {
		const { control } = this.#options;
		if (isAtOnce) await Promise.all(actions.map((action) => control.act(action)));
		else for (const action of actions) await control.act(action);
	}

	/** What was broken is healed; what is under way arrives; and enough was said, or nothing was shown. */
	async #settle(): Promise<void> {
		this.#options.onSettle?.();
		await this.#options.control.act({ do: "heal" });
		const { enough: counted = "delivered" } = this.#options;
		const enough: Condition = {
			says: `as many messages as clients × seconds were ${counted}`,
			holds: ({ now, before }) =>
				now.ledger[counted] - before.ledger[counted] >=
				(now.fleet.clients * (performance.now() - this.#beganAt)) / 1_000,
		};
		const settled = both(both(ALL_CONNECTED, NOTHING_PENDING), enough);
		if (!(await this.#until(settled, SETTLE_MS)))
			this.#failures.push(`It did not settle within ${SETTLE_MS} ms: ${settled.says}.`);
	}

	async #watch(): Promise<void> {
		try {
			for await (const state of this.#options.control.watch(this.#end.signal)) this.#take(state);
		} catch (reason) {
			if (!this.#end.signal.aborted) this.#failures.push(`The edge is gone: ${String(reason)}`);
		}
	}

	#take(now: EdgeState): void {
		const { arrivals, fewestSockets } = this.#view;
		this.#view = {
			...this.#view,
			now,
			arrivals: Math.max(arrivals, now.sockets.arrivals),
			fewestSockets: Math.min(fewestSockets, socketsOf(now)),
		};
		this.#hasBitten ||= this.#story.bite.holds(this.#view);
		this.#heard();
	}

	/** Only states that came after the actions count: what was true before says nothing. */
	#until(condition: Condition, withinMs: number): Promise<boolean> {
		const since = this.#view.now;
		return new Promise((resolve) => {
			const finish = (isDone: boolean): void => {
				clearTimeout(timer);
				this.#options.signal?.removeEventListener("abort", abort);
				this.#heard = () => undefined;
				resolve(isDone);
			};
			const abort = (): void => finish(false);
			const timer = setTimeout(() => finish(false), withinMs);
			this.#options.signal?.addEventListener("abort", abort);
			this.#heard = () => {
				if (this.#view.now !== since && condition.holds(this.#view)) finish(true);
			};
		});
	}

	#lookAtCdns(): void {
		const look = async (): Promise<void> => {
			const answers = await Promise.all(ROLES.map((role) => this.#answers(role)));
			const [primary = true, backup = true] = answers;
			this.#view = { ...this.#view, cdns: { primary, backup } };
		};
		this.#cdnTimer = setInterval(() => void look(), LOOK_MS);
	}

	async #answers(role: "primary" | "backup"): Promise<boolean> {
		const origin = this.#view.now.cdns.find(({ name }) => name === role)?.origin;
		if (origin === undefined) return false;
		const signal = AbortSignal.timeout(CDN_MS);
		return fetch(`${origin}/`, { signal, cache: "no-store" }).then(
			() => true,
			() => false,
		);
	}
}
