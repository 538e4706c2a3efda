/* What hooks know of "holdfast/assets", by its shape: any loader fits that keeps to it. */
import type { RealtimeError } from "../errors/realtime-error.js";

/** A file that was loaded. */
export interface Asset {
	/** Its content, whose integrity was checked. */
	readonly body: Uint8Array;
	/** As it was asked for. */
	readonly path: string;
	/** Where it came from, now or when it was cached. */
	readonly origin: string;
	/** Whether it was fetched now. */
	readonly from: "network" | "cache";
	/** No origin gave it: this is an older copy. */
	readonly stale: boolean;
}

/** The part of an `AssetLoader` that `useAsset` needs. */
export interface AssetSource {
	/** Rejects with a `RealtimeError`. */
	load(path: string, options?: { readonly signal?: AbortSignal }): Promise<Asset>;
}

/** What `useAsset` returns. */
export type AssetState =
	| { readonly status: "loading" }
	| { readonly status: "ready"; readonly asset: Asset }
	| { readonly status: "unavailable"; readonly cause: RealtimeError };
