/* What the control API takes of the drain daemon. */
import type { Automation, Service } from "./contract.js";

export type DrainAction =
	/**
	 * DNS leads newcomers elsewhere, in steps; who is connected to a whole PoP is asked to leave then. Refused
	 * where too little would be left.
	 */
	| (DrainOrder & { readonly do: "drain"; readonly reason?: string })
	| (DrainOrder & { readonly do: "undrain" })
	/** Whether ill zones and PoPs are drained without an order. */
	| { readonly do: "set-automation"; readonly automation: Automation };

/** `pop` or `zone` must be there. */
interface DrainOrder {
	readonly pop?: string;
	/** "DUB-a" */
	readonly zone?: string;
	/** @default all of them */
	readonly service?: Service;
	/** @default 100 */
	readonly stepPercent?: number;
	/** From step to step. @default 1_000 */
	readonly everyMs?: number;
}
