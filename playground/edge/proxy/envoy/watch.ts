/*
 * What Envoy counts and says nobody: a list of endpoints that it refused, while the last good one serves.
 * Looked at once a second, so that it is told within two.
 */
import type { ProxyModel } from "../model/model.js";
import type { Admin } from "./admin.js";

const EVERY_MS = 500;
const COUNTS = /^cluster\.(.+)\.update_(rejected|failure|success)$/;

export class Watch {
	readonly #admin: () => Admin;
	readonly #timer: NodeJS.Timeout;
	readonly #clusters: readonly string[];
	readonly #seen = new Map<string, Counts>();
	readonly #refused = new Set<string>();
	#isDeaf = false;
	#isLooking = false;

	constructor(admin: () => Admin, { clusters }: ProxyModel) {
		this.#admin = admin;
		this.#clusters = clusters
			.filter(({ endpoints }) => endpoints === "file")
			.map(({ name }) => name);
		this.#timer = setInterval(() => void this.#look(), EVERY_MS);
	}

	get trouble(): string | null {
		if (this.#isDeaf) return "Envoy does not answer on its socket";
		const [first] = this.#refused;
		if (first === undefined) return null;
		return `Envoy refused the endpoints of ${first}: it serves by the last list that was good. Write it again`;
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	async #look(): Promise<void> {
		if (this.#isLooking) return;
		this.#isLooking = true;
		try {
			this.#take(await this.#admin().stats("^cluster\\..*\\.update_(rejected|failure|success)$"));
			this.#isDeaf = false;
		} catch {
			this.#isDeaf = true;
		}
		this.#isLooking = false;
	}

	/** Counts of another process begin anew. */
	#take(stats: ReadonlyMap<string, number>): void {
		const now = new Map<string, Counts>();
		for (const [name, count] of stats) {
			const [, cluster = "", what] = COUNTS.exec(name) ?? [];
			const counts = now.get(cluster) ?? { good: 0, bad: 0 };
			if (what === "success") counts.good += count;
			else counts.bad += count;
			now.set(cluster, counts);
		}
		for (const cluster of this.#clusters) {
			const { good, bad } = now.get(cluster) ?? { good: 0, bad: 0 };
			const before = this.#seen.get(cluster) ?? { good: 0, bad: 0 };
			if (bad > before.bad) this.#refused.add(cluster);
			else if (good !== before.good) this.#refused.delete(cluster);
			this.#seen.set(cluster, { good, bad });
		}
	}
}

interface Counts {
	good: number;
	bad: number;
}
