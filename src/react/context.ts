import type { ChannelMap, Client } from "../client/client.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { createContext, createElement, type ReactNode, useContext } from "./react.js";

const Context = createContext<Client | null>(null);

/** What `ClientProvider` takes. */
export interface ClientProviderProps<C extends ChannelMap> {
	/** Made once, outside of rendering: at module scope, or in state. */
	readonly client: Client<C>;
	/** All that may use it. */
	readonly children?: ReactNode;
}

/**
 * Gives a client to the hooks below it; the nearest one counts. It neither connects nor closes the
 * client, which may serve the page before React came and after it has left.
 */
export function ClientProvider<C extends ChannelMap>({
	client,
	children,
}: ClientProviderProps<C>): ReactNode {
	return createElement(Context.Provider, { value: client as unknown as Client }, children);
}

/**
 * The client of the nearest `ClientProvider`.
 *
 * @throws RealtimeError `invalid-option` where there is none.
 */
export function useClient<C extends ChannelMap = Record<string, unknown>>(): Client<C> {
	const client = useContext(Context);
	if (client === null)
		throw new RealtimeError("invalid-option", "There is no <ClientProvider> around this.");
	return client as unknown as Client<C>;
}
