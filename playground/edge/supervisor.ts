/*
 * Starts the parts of the edge in order, looks after them, and stops them in the opposite order.
 *
 *    waiting ── start ──▶ starting ──▶ up ◀── a look ──▶ down, failed
 *                            ╰──▶ failed: those before it are stopped again, and the start rejects
 *    any ── stop ──▶ stopped
 *
 * Nothing that fails is started again by itself: whoever looks at the state must see what happened.
 */
import type { EdgeState, PartState } from "./control/contract.js";

/** What a look at a part found; null: it is well. */
export type Trouble = { readonly is: "down" | "failed"; readonly detail: string } | null;

export interface Part {
	/** "DUB/proxy" */
	readonly name: string;
	readonly start: () => Promise<void>;
	readonly stop: () => Promise<void>;
	/** Asked again and again while it is up. @default it is well */
	readonly look?: () => Trouble;
	/** The start is done only when a look finds it well, or this has passed. @default 0: not waited for */
	readonly wellWithinMs?: number;
}

const LOOK_MS = 500;
const AWAIT_MS = 20;

interface Watched {
	readonly part: Part;
	is: PartState["is"];
	detail: string | null;
	startedInMs: number | null;
}

export class Supervisor {
	readonly #watched: readonly Watched[];
	#phase: EdgeState["phase"] = "starting";
	#timer: NodeJS.Timeout | undefined;
	#stopping: Promise<void> | null = null;

	constructor(parts: readonly Part[]) {
		this.#watched = parts.map((part) => ({
			part,
			is: "waiting",
			detail: null,
			startedInMs: null,
		}));
	}

	get phase(): EdgeState["phase"] {
		return this.#phase;
	}

	get parts(): readonly PartState[] {
		return this.#watched.map(({ part, is, detail, startedInMs }) => {
			return { name: part.name, is, detail, startedInMs };
		});
	}

	/** Rejects, naming the part, when one does not start; what had started is stopped then. */
	async start(): Promise<void> {
		for (const each of this.#watched) {
			if (this.#phase !== "starting") return;
			const beganAt = performance.now();
			each.is = "starting";
			try {
				await each.part.start();
				await becomeWell(each.part);
				each.is = "up";
				each.startedInMs = Math.round(performance.now() - beganAt);
			} catch (cause) {
				each.is = "failed";
				each.detail = String((cause as Error).message);
				await this.#end("failed");
				throw new Error(`${each.part.name} did not start: ${each.detail}`, { cause });
			}
		}
		if (this.#phase !== "starting") return;
		this.#phase = "ready";
		this.#timer = setInterval(() => this.#look(), LOOK_MS);
	}

	/** Resolves when the last part has ended. */
	stop(): Promise<void> {
		this.#stopping ??= this.#end("stopped");
		return this.#stopping;
	}

	async #end(phase: "failed" | "stopped"): Promise<void> {
		this.#phase = phase === "failed" ? "failed" : "stopping";
		clearInterval(this.#timer);
		for (const each of [...this.#watched].reverse()) {
			if (each.is === "waiting") continue;
			const hasFailed = each.is === "failed";
			await each.part.stop().catch((reason: unknown) => {
				each.detail ??= `did not stop: ${String(reason)}`;
			});
			if (!hasFailed) each.is = "stopped";
		}
		this.#phase = phase;
	}

	#look(): void {
		for (const each of this.#watched) {
			const trouble = each.part.look?.() ?? null;
			each.is = trouble?.is ?? "up";
			each.detail = trouble?.detail ?? null;
		}
	}
}

async function becomeWell({ look, wellWithinMs = 0 }: Part): Promise<void> {
	const giveUpAt = performance.now() + wellWithinMs;
	for (let trouble = look?.() ?? null; trouble !== null; trouble = look?.() ?? null) {
		if (performance.now() >= giveUpAt) {
			if (wellWithinMs > 0) throw new Error(trouble.detail);
			return;
		}
		await new Promise((resolve) => setTimeout(resolve, AWAIT_MS));
	}
}
