/* The CDN and its backup, over one folder; none without one. */
import type { CdnFault } from "./cdn/faults.js";
import { isOfConnections } from "./cdn/faults.js";
import { type Cdn, startCdn } from "./cdn/server.js";
import { type CdnState, ROLES, type Role } from "./control/contract.js";

interface Running {
	readonly cdn: Cdn;
	faults: CdnState["faults"];
	requests: number;
}

export class CdnPair {
	readonly #root: string | null;
	readonly #running = new Map<Role, Running>();

	constructor(root: string | null) {
		this.#root = root;
	}

	get states(): readonly CdnState[] {
		return [...this.#running].map(([name, { cdn, faults, requests }]) => {
			return { name, origin: cdn.origin, faults, requests };
		});
	}

	async start(): Promise<void> {
		if (this.#root === null) return;
		for (const name of ROLES) {
			const asked = (): void => {
				running.requests += 1;
			};
			const cdn = await startCdn({ root: this.#root, asked });
			const running: Running = { cdn, faults: [], requests: 0 };
			this.#running.set(name, running);
		}
	}

	async stop(): Promise<void> {
		await Promise.all([...this.#running.values()].map(({ cdn }) => cdn.stop()));
		this.#running.clear();
	}

	/** Throws on a fault that it can't have, and where there is no CDN. */
	async fault(name: Role, fault: CdnFault, pattern = "*"): Promise<void> {
		const running = this.#of(name);
		await running.cdn.fault(fault, pattern);
		const others = running.faults.filter((rule) =>
			isOfConnections(fault) ? !isOfConnections(rule.fault) : rule.pattern !== pattern,
		);
		running.faults = [...others, { fault, pattern }];
	}

	async heal(name: Role): Promise<void> {
		const running = this.#of(name);
		await running.cdn.heal();
		running.faults = [];
	}

	#of(name: Role): Running {
		const running = this.#running.get(name);
		if (running === undefined) throw new RangeError("No CDN was started: cdnRoot is null.");
		return running;
	}
}
