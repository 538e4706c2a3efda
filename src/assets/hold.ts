import type { Readable } from "../reactive/readable.js";
import { DISPOSE, dispose } from "../reactive/disposable.js";
import type { Clock } from "../runtime/runtime.js";
import { systemRuntime } from "../runtime/system.js";
import type { AssetLoader } from "./contract.js";
import { isAvoided, type OriginStatus } from "./origins.js";

/** What `holdOnAssetTrouble` may be told. */
export interface AssetHoldOptions {
	/** How the hold is called in `client.mode`. @default "assets" */
	readonly reason?: string;
	/** Measures when an origin is no longer avoided. @default the system's clock */
	readonly runtime?: { readonly clock?: Clock };
}

/**
 * Holds a client in degraded mode for as long as every origin of the loader is bad, so that the app says
 * so; the connection is left alone, since it may well live. Released when an origin serves again, or
 * when five minutes have passed since one failed; and for good by disposing what is returned.
 *
 * @example
 * const hold = holdOnAssetTrouble(loader, client.degraded);
 */
export function holdOnAssetTrouble(
	loader: Pick<AssetLoader, "origins">,
	degraded: { hold(reason: string): Disposable },
	{ reason = "assets", runtime = {} }: AssetHoldOptions = {},
): Disposable {
	const clock = runtime.clock ?? systemRuntime().clock;
	const { origins }: { origins: Readable<readonly OriginStatus[]> } = loader;
	let held: Disposable | null = null;
	let timer: Disposable | null = null;
	const look = (): void => {
		dispose(timer);
		timer = null;
		const now = clock.now();
		const isTrouble = origins.get().every((status) => isAvoided(status, now));
		if (!isTrouble) {
			dispose(held);
			held = null;
			return;
		}
		held ??= degraded.hold(reason);
		const until = Math.min(...origins.get().map(({ avoidUntil }) => avoidUntil ?? now));
		timer = clock.setTimeout(look, until - now, "asset-hold");
	};
	const unsubscribe = origins.subscribe(look);
	look();
	return {
		[DISPOSE]: () => {
			unsubscribe();
			dispose(timer);
			dispose(held);
		},
	};
}
