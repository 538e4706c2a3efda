import type { Message, SubscriptionState } from "../channels/message.js";
import type { SubscribeOptions } from "../client/client.js";
import { useClient } from "./context.js";
import { Listening, SUBSCRIBING } from "./listening.js";
import { useInsertionEffect } from "./react.js";
import { useKept } from "./use-kept.js";
import { type Source, useReadable } from "./use-readable.js";

/** What `useChannel` takes beside the listener. */
export interface ChannelOptions extends SubscribeOptions {
	/** false: not now. The component hears nothing, and holds no subscription. @default true */
	readonly enabled?: boolean;
}

const UNSUBSCRIBED: SubscriptionState = { status: "unsubscribed" };
const OFF: Source<SubscriptionState> = {
	get: () => UNSUBSCRIBED,
	subscribe: () => () => undefined,
};

/**
 * Calls the listener of the newest render with each message of a channel, while the component is
 * mounted. Components share one subscription of a channel. `from`, `recover` and `onGap` are looked at
 * when the subscription begins, or a gap is found: a new object at each render is fine.
 *
 * `from` is the channel's, and not the component's: those that mount together all hear what the one
 * with the furthest start asks for (`message.replayed`). One that comes later with a `from` gets what
 * was before through `client.history`, and then what is live; `onGap` tells where that can't be had.
 *
 * @returns whether the server has answered; `denied` says why not. `subscribing` on the server.
 */
export function useChannel<T>(
	channel: string,
	listener: (message: Message<T>) => void,
	options: ChannelOptions = {},
): SubscriptionState {
	const client = useClient();
	const { enabled = true, signal } = options;
	const listening = useKept(
		() => (enabled ? new Listening(client, channel) : null),
		[client, channel, enabled, signal],
	);
	useInsertionEffect(() => listening?.mount(listener, options));
	return useReadable(listening ?? OFF, listening ? SUBSCRIBING : UNSUBSCRIBED);
}
