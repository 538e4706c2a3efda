/* Hooks for the three values that say how things are. */
import type { Banner, ServiceMode } from "../client/client.js";
import type { ConnectionState } from "../connection/projection.js";
import { useClient } from "./context.js";
import { useReadable } from "./use-readable.js";

const IDLE: ConnectionState = { status: "idle" };
const NORMAL: ServiceMode = { mode: "normal" };

/**
 * What the transport knows, or what `select` makes of it: `useConnection((state) => state.status)`
 * renders when the status changes, and not for each new latency. `idle` on the server.
 */
export function useConnection<S = ConnectionState>(select?: (state: ConnectionState) => S): S {
	const { connection } = useClient();
	return useReadable(connection, IDLE, select);
}

/** What the product promises meanwhile: normal, degraded or offline. `normal` on the server. */
export function useServiceMode(): ServiceMode {
	return useReadable(useClient().mode, NORMAL);
}

/** What to show a person, if anything: for a banner of your own. Null on the server. */
export function useBanner(): Banner | null {
	return useReadable(useClient().banner, null);
}
