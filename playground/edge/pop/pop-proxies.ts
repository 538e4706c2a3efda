/* What is done to a PoP's proxy is done to those of both of its arms. */
import type { Checks, Role, Upgrades } from "../control/contract.js";
import type { KeyPair } from "../tls/authority.js";
import type { PopArm } from "./arms.js";
import type { PopProxy } from "./proxy.js";

export class PopProxies {
	readonly #all: readonly [PopProxy, ...PopProxy[]];

	constructor([{ proxy: old }, ...others]: readonly [PopArm, ...PopArm[]]) {
		this.#all = [old, ...others.map(({ proxy }) => proxy)];
	}

	get upgrades(): Upgrades {
		return this.#all[0].upgrades;
	}

	set upgrades(upgrades: Upgrades) {
		for (const proxy of this.#all) proxy.upgrades = upgrades;
	}

	setChecks(checks: Checks): void {
		for (const proxy of this.#all) proxy.checks = checks;
	}

	setName(name: Role, isUp: boolean): void {
		for (const proxy of this.#all) proxy.setName(name, isUp);
	}

	/** To newcomers, from now on. */
	async show(certificate: KeyPair): Promise<void> {
		for (const proxy of this.#all) await proxy.show(certificate);
	}

	/** New processes for the running ones, whose clients `goodbye` asks to leave. Rejects where there is none. */
	async replace(goodbye: () => Promise<void>): Promise<void> {
		const replaced = this.#all.filter(({ replace }) => replace !== undefined);
		if (replaced.length === 0)
			throw new Error("The embedded proxy is no process of its own: choose envoy or haproxy.");
		for (const proxy of replaced) await proxy.replace?.(goodbye);
	}

	/** Rejects where none has anything to load again. */
	async reload(): Promise<void> {
		const reloaded = this.#all.filter(({ reload }) => reload !== undefined);
		if (reloaded.length === 0)
			throw new Error("There is no HAProxy here, and nothing else has anything to load again.");
		for (const proxy of reloaded) await proxy.reload?.();
	}
}
