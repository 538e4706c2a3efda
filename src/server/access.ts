/* What the application decides: who somebody is, and what they may do. What it throws ends here. */
import { MAX_IDENTITY_LENGTH } from "../protocol/limits.js";
import type { Clock, Logger } from "../runtime/runtime.js";
import type { Identity, ServerOptions } from "./contract.js";
import { kindOf } from "./fault.js";

export type Verdict = "granted" | "denied" | "failed";
export type Admission =
	| { readonly status: "admitted"; readonly identity: Identity }
	/** Nobody, or expired: a fresh token may help. */
	| { readonly status: "unauthorized" }
	/** Somebody, but another than the client's queue belongs to. */
	| { readonly status: "forbidden" }
	/** The application could not say. */
	| { readonly status: "failed" };

/** What an identity may do. */
export interface Rights {
	canSubscribe(identity: Identity, channel: string): Promise<Verdict> | Verdict;
	canPublish(identity: Identity, channel: string, data: unknown): Promise<Verdict> | Verdict;
}

export class Access<X> implements Rights {
	readonly #options: ServerOptions<X>;
	readonly #logger: Logger;
	readonly #clock: Clock;

	constructor(
		options: ServerOptions<X>,
		world: { readonly logger: Logger; readonly clock: Clock },
	) {
		this.#options = options;
		this.#logger = world.logger;
		this.#clock = world.clock;
	}

	async admit(token: string | null, context: X, as: string | undefined): Promise<Admission> {
		try {
			const identity = await this.#options.authorize({ token, context });
			if (identity === null) return { status: "unauthorized" };
			if (!isIdentity(identity)) throw new TypeError("authorize returned no identity");
			if ((identity.expiresAt ?? Number.POSITIVE_INFINITY) <= this.#clock.now())
				return { status: "unauthorized" };
			if (as !== undefined && as !== identity.id) return { status: "forbidden" };
			return { status: "admitted", identity };
		} catch (reason) {
			this.#logger.error("authorize-threw", { kind: kindOf(reason) });
			return { status: "failed" };
		}
	}

	canSubscribe(identity: Identity, channel: string): Promise<Verdict> | Verdict {
		const { canSubscribe } = this.#options;
		if (canSubscribe === undefined) return "granted";
		return this.#ask("can-subscribe-threw", () =>
			canSubscribe.call(this.#options, identity, channel),
		);
	}

	canPublish(identity: Identity, channel: string, data: unknown): Promise<Verdict> | Verdict {
		const { canPublish } = this.#options;
		if (canPublish === undefined) return "granted";
		return this.#ask("can-publish-threw", () =>
			canPublish.call(this.#options, identity, channel, data),
		);
	}

	/** Only `true` is yes: whoever forgets to answer has not granted anything. */
	async #ask(event: string, question: () => boolean | Promise<boolean>): Promise<Verdict> {
		try {
			return (await question()) === true ? "granted" : "denied";
		} catch (reason) {
			this.#logger.error(event, { kind: kindOf(reason) });
			return "failed";
		}
	}
}

function isIdentity(value: Identity | undefined): boolean {
	return (
		typeof value === "object" &&
		typeof value.id === "string" &&
		value.id !== "" &&
		value.id.length <= MAX_IDENTITY_LENGTH
	);
}
