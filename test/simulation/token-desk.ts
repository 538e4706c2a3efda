import type { Clock } from "../../src/runtime/runtime.js";
import type { Chance } from "./chance.js";
import type { Token } from "./gateway.js";

export const SLOWEST_TOKEN_MS = 50;

/** Where an app gets its tokens: slow, and out of order at times. */
export class TokenDesk {
	isDown = false;
	/** The serial of the newest token. */
	issued = 0;
	/** Questions that a desk out of order has turned away. */
	refused = 0;
	/** Tokens that ran out and were replaced. */
	renewed = 0;
	readonly #clock: Clock;
	readonly #chance: Chance;
	readonly #whose: { readonly name: string; readonly tokenTtlMs: number | null };

	constructor(
		clock: Clock,
		whose: { readonly name: string; readonly tokenTtlMs: number | null },
		chance: Chance,
	) {
		this.#clock = clock;
		this.#whose = whose;
		this.#chance = chance;
	}

	/** `clock`: of the program that asks. A token's end is by the desk's own, which the gateways share. */
	async issue(clock: Clock, reason: string): Promise<string> {
		await clock.sleep(this.#chance.between(0, SLOWEST_TOKEN_MS));
		if (this.isDown) {
			this.refused += 1;
			throw new Error("The token service is down.");
		}
		if (reason === "expired") this.renewed += 1;
		this.issued += 1;
		const { name, tokenTtlMs } = this.#whose;
		const expiresAt = tokenTtlMs === null ? null : this.#clock.now() + tokenTtlMs;
		const token: Token = { name, expiresAt, serial: this.issued };
		return JSON.stringify(token);
	}
}
