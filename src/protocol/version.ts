import { SUBPROTOCOL } from "./frames.js";

/** What a client offers, the preferred first. */
export const SUBPROTOCOLS: readonly string[] = [SUBPROTOCOL];

/**
 * What a server answers an offer with (`Sec-WebSocket-Protocol`, split at its commas): the first that
 * both speak, by the client's preference. Null: refuse the upgrade with 400.
 */
export function chooseSubprotocol(offered: Iterable<string>): string | null {
	for (const name of offered) if (SUBPROTOCOLS.includes(name)) return name;
	return null;
}
