/* What happens to a client, as it is noted. */
import type { Banner, ConnectionState, ServiceMode } from "holdfast";

export type Happening =
	| {
			readonly is: "transition";
			readonly from: ConnectionState;
			readonly to: ConnectionState;
			readonly reason: string;
			readonly endpoint: string | null;
			readonly dialId: number;
	  }
	| { readonly is: "mode"; readonly mode: ServiceMode }
	| { readonly is: "banner"; readonly kind: Banner["kind"] | null }
	| { readonly is: "goodbye"; readonly reason: string; readonly deadlineAt: number }
	| { readonly is: "gap"; readonly channel: string; readonly missed: number | "unknown" }
	| { readonly is: "error"; readonly code: string; readonly message: string }
	/** Of the visitor, or of a story. */
	| { readonly is: "action"; readonly words: string };

export interface Entry {
	readonly id: number;
	/** Wall time. */
	readonly at: number;
	readonly happening: Happening;
	/** Publishes without a receipt, at that moment. */
	readonly outbox: number;
	readonly dials: number;
}
