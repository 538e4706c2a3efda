/*
 * What the page knows of the edge, and by which line.
 *
 *    connecting ── a state ──▶ live ── the line ended ──▶ lost ── a state ──▶ live
 *        ╰──── nobody answers ─────────────────────────────▲
 *
 * The page's own server is asked anew each time: another run has other ports and another token, and its
 * page is loaded afresh.
 */
import { ControlClient } from "../../edge/control/client.js";
import type { EdgeState, Sample, Where } from "../../edge/control/contract.js";
import { Store } from "../app/store.js";
import type { Run } from "../contract.js";

export type Line =
	| { readonly is: "connecting" }
	| { readonly is: "live" }
	| { readonly is: "lost"; readonly sinceAt: number };

const AGAIN_MS = 1_000;

export class Live {
	readonly line = new Store<Line>({ is: "connecting" });
	/** Null until the first one came. */
	readonly state = new Store<EdgeState | null>(null);
	readonly where = new Store<Where | null>(null);
	/** From before the page was opened. */
	readonly past = new Store<readonly Sample[]>([]);
	/** The ledger as it was when the page was opened. */
	readonly before = new Store<EdgeState["ledger"] | null>(null);
	#control: ControlClient | null = null;
	#runId: string | null = null;
	/** Take part in the ledger for as long as the line holds. */
	readonly #clients: readonly string[];
	readonly #opened: () => void;

	/** `opened`: at each line anew, before its first state. */
	constructor(clients: readonly string[], opened: () => void) {
		this.#clients = clients;
		this.#opened = opened;
	}

	/** Throws before the first line. */
	get control(): ControlClient {
		if (this.#control === null) throw new Error("The playground has not answered yet.");
		return this.#control;
	}

	/** For the page's whole life. */
	async run(): Promise<void> {
		for (;;) {
			await this.#follow().catch(() => undefined);
			if (this.line.get().is !== "lost") this.line.set({ is: "lost", sinceAt: Date.now() });
			await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
		}
	}

	async #follow(): Promise<void> {
		const answer = await fetch("/run", { cache: "no-store" });
		if (!answer.ok) throw new Error(`${answer.status}`);
		const { id, control: url, token } = (await answer.json()) as Run;
		if (this.#runId !== null && this.#runId !== id) return location.reload();
		this.#runId = id;
		this.#control = new ControlClient({ url, token });
		let isFirst = true;
		for await (const state of this.#control.watch(undefined, this.#clients)) {
			if (isFirst) this.#opened();
			isFirst = false;
			await this.#take(state);
		}
	}

	async #take(state: EdgeState): Promise<void> {
		// What it looked like at last is worth more than how it ended.
		if (state.phase === "stopping" || state.phase === "stopped") return;
		if (this.before.get() === null) this.before.set(state.ledger);
		if (state.phase === "ready" && this.where.get() === null) {
			this.past.set(await this.control.history());
			this.where.set(await this.control.where());
		}
		this.state.set(state);
		this.line.set({ is: "live" });
	}
}
