import type { Asset, AssetLoader } from "../assets/contract.js";
import type { RealtimeError } from "../errors/realtime-error.js";
import { useKept } from "./use-kept.js";
import { type Source, useReadable } from "./use-readable.js";

/** The part of an `AssetLoader` that `useAsset` needs: any loader fits that rejects with a `RealtimeError`. */
export type AssetSource = Pick<AssetLoader, "load">;

/** What `useAsset` returns. */
export type AssetState =
	| { readonly status: "loading" }
	| { readonly status: "ready"; readonly asset: Asset }
	| { readonly status: "unavailable"; readonly cause: RealtimeError };

const LOADING: AssetState = { status: "loading" };

/**
 * A file from the first origin that has it. It is loaded when the component is mounted, and given up
 * when the last render with it is gone. `loading` on the server.
 */
export function useAsset(loader: AssetSource, path: string): AssetState {
	const source = useKept(() => assetSource(loader, path), [loader, path]);
	return useReadable(source, LOADING);
}

function assetSource(loader: AssetSource, path: string): Source<AssetState> {
	let state = LOADING;
	return {
		get: () => state,
		subscribe(changed) {
			const abort = new AbortController();
			const { signal } = abort;
			const end = (next: AssetState): void => {
				if (signal.aborted) return;
				state = next;
				changed();
			};
			if (state.status !== "ready")
				loader.load(path, { signal }).then(
					(asset) => end({ status: "ready", asset }),
					(cause) => end({ status: "unavailable", cause }),
				);
			return () => abort.abort();
		},
	};
}
