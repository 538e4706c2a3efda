import type { Message, SubscriptionState } from "../channels/message.js";
import type { ChannelMap, ChannelName, Client } from "../client/client.js";
import { ClientProvider, type ClientProviderProps, useClient } from "./context.js";
import type { ReactNode } from "./react.js";
import { type ChannelOptions, useChannel } from "./use-channel.js";
import { type Messages, type MessagesOptions, useMessages } from "./use-messages.js";
import { type Publishing, usePublish } from "./use-publish.js";

/** The hooks that have to do with channels, for the app's own. */
export interface ChannelHooks<C extends ChannelMap> {
	/** Takes a client of these channels and of no others. */
	readonly ClientProvider: (props: ClientProviderProps<C>) => ReactNode;
	/** The client, with these channels. */
	readonly useClient: () => Client<C>;
	/** The listener gets the channel's type of message. */
	readonly useChannel: <K extends ChannelName<C>>(
		channel: K,
		listener: (message: Message<C[K]>) => void,
		options?: ChannelOptions,
	) => SubscriptionState;
	/** A list of the channel's type of message. */
	readonly useMessages: <K extends ChannelName<C>>(
		channel: K,
		options?: MessagesOptions,
	) => Messages<C[K]>;
	/** Takes the channel's type of message. */
	readonly usePublish: <K extends ChannelName<C>>(channel: K) => Publishing<C[K]>;
}

const hooks = { ClientProvider, useClient, useChannel, useMessages, usePublish };

/**
 * The same hooks, typed by the app's channels: a name that is not one of them, or data of another
 * type, does not compile. They are the very same functions, so both kinds can be mixed.
 *
 * @example
 * export const { ClientProvider, useMessages, usePublish } = createHooks<Channels>();
 */
export function createHooks<C extends ChannelMap>(): ChannelHooks<C> {
	return hooks as unknown as ChannelHooks<C>;
}
