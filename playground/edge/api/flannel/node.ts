/*
 * A node of Flannel: what it was asked for, and no more than fits. It learns of changes from the log.
 *
 *    asked ─▶ kept? ─▶ answered
 *               ╰ no ─▶ on its way already? ─ no ─▶ one question for all that is missing ─▶ kept, answered
 *                                                        ╰ changed meanwhile: answered, not kept
 */
import { LRUCache } from "lru-cache";
import type { Change, Entry, Kind, Question } from "./question.js";

export interface NodeOptions {
	/** Entries. @default 20000 */
	readonly maxEntries?: number;
	/** Their JSON. @default 16 MiB */
	readonly maxBytes?: number;
	/** Of the webapp. Who is missing in its answer does not exist. */
	readonly fetch: (question: Question) => Promise<readonly Entry[]>;
	/** Tells of a team's changes from now on. */
	readonly follow: (team: string, changed: (change: Change) => void) => Promise<AsyncDisposable>;
}

export interface NodeCounts {
	readonly hits: number;
	readonly misses: number;
	/** Questions to the webapp. */
	readonly fetches: number;
	readonly entries: number;
}

type Kept = { readonly entry: Entry | null };
type Fetching = { readonly answer: Promise<Kept>; isStale: boolean };

/** A team that nobody asks for is let go, with all that is kept of it. */
const MAX_TEAMS = 1_000;

export class FlannelNode {
	readonly #options: NodeOptions;
	readonly #kept: LRUCache<string, Kept>;
	readonly #fetching = new Map<string, Fetching>();
	/** Which teams' changes are heard of. */
	readonly #teams: LRUCache<string, Promise<AsyncDisposable>>;
	#counts = { hits: 0, misses: 0, fetches: 0 };

	constructor(options: NodeOptions) {
		this.#options = options;
		const { maxEntries = 20_000, maxBytes = 16 * 1024 * 1024 } = options;
		this.#kept = new LRUCache({
			max: maxEntries,
			maxSize: maxBytes,
			sizeCalculation: ({ entry }, key) => key.length + JSON.stringify(entry).length,
		});
		this.#teams = new LRUCache({
			max: MAX_TEAMS,
			dispose: (following, team) => {
				this.#forget(team);
				following.then((each) => each[Symbol.asyncDispose]()).catch(() => undefined);
			},
		});
	}

	get counts(): NodeCounts {
		return { ...this.#counts, entries: this.#kept.size };
	}

	/** In the order of the ids, without those that do not exist. Rejects when the webapp does. */
	async find(question: Question): Promise<readonly Entry[]> {
		await this.#listen(question.team);
		const missing = question.ids.filter(
			(id) => !this.#kept.has(keyOf(question, id)) && !this.#fetching.has(keyOf(question, id)),
		);
		this.#counts.misses += missing.length;
		this.#counts.hits += question.ids.length - missing.length;
		if (missing.length > 0) this.#fetch({ ...question, ids: missing });
		const all = await Promise.all(question.ids.map((id) => this.#entry(keyOf(question, id))));
		return all.filter((entry) => entry !== null);
	}

	changed(team: string, { kind, id }: Change): void {
		const key = keyOf({ team, kind }, id);
		this.#kept.delete(key);
		const fetching = this.#fetching.get(key);
		if (fetching === undefined) return;
		// Who asks from now on asks again; what is on its way may be of before.
		fetching.isStale = true;
		this.#fetching.delete(key);
	}

	async stop(): Promise<void> {
		this.#teams.clear();
	}

	/** Before the first answer is kept: a change between the two would never be heard of. */
	async #listen(team: string): Promise<void> {
		const known = this.#teams.get(team);
		if (known !== undefined) return void (await known);
		const following = this.#options.follow(team, (change) => this.changed(team, change));
		this.#teams.set(team, following);
		await following.catch((error: unknown) => {
			this.#teams.delete(team);
			throw error;
		});
	}

	async #entry(key: string): Promise<Entry | null> {
		const kept = this.#kept.get(key) ?? (await this.#fetching.get(key)?.answer);
		return kept?.entry ?? null;
	}

	#fetch(question: Question): void {
		this.#counts.fetches += 1;
		const answers = this.#options
			.fetch(question)
			.then((entries) => new Map(entries.map((entry) => [entry.id, entry])));
		for (const id of question.ids) {
			const key = keyOf(question, id);
			const answer = answers.then((found) => ({ entry: found.get(id) ?? null }));
			const fetching: Fetching = { answer, isStale: false };
			this.#fetching.set(key, fetching);
			answer
				.then((kept) => {
					if (!fetching.isStale && this.#teams.has(question.team)) this.#kept.set(key, kept);
				})
				// Whoever asked hears of it.
				.catch(() => undefined)
				.finally(() => {
					if (this.#fetching.get(key) === fetching) this.#fetching.delete(key);
				});
		}
	}

	#forget(team: string): void {
		for (const key of this.#kept.keys()) if (key.startsWith(`${team}/`)) this.#kept.delete(key);
	}
}

const keyOf = (
	{ team, kind }: { readonly team: string; readonly kind: Kind },
	id: string,
): string => `${team}/${kind}/${id}`;
