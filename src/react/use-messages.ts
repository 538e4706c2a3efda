import type { Message, SubscriptionState } from "../channels/message.js";
import type { SubscribeOptions } from "../client/client.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { useClient } from "./context.js";
import { isSame } from "./same.js";
import { createStore } from "./store.js";
import { useChannel } from "./use-channel.js";
import { useKept } from "./use-kept.js";
import { useReadable } from "./use-readable.js";

/** What `useMessages` takes beside the channel. */
export interface MessagesOptions extends SubscribeOptions {
	/** How many to keep: the newest. Raising it keeps more from then on. @default 100 */
	readonly limit?: number;
}

/** What `useMessages` returns. */
export interface Messages<T> {
	/** The newest, oldest first, each once. */
	readonly messages: readonly Message<T>[];
	/** Whether the server has answered; `denied` says why not. */
	readonly state: SubscriptionState;
	/** Between those in `messages`, or before them, some are lost for good: reload, or say so. */
	readonly gap: boolean;
}

interface Kept {
	readonly messages: readonly Message<never>[];
	/** How many came since the last gap. */
	readonly sinceGap: number;
}

const EMPTY: Kept = { messages: [], sinceGap: Number.POSITIVE_INFINITY };

/**
 * The last messages of a channel as state. It begins empty, unless `from` says otherwise
 * (`{ last: 50 }`), and begins anew with another channel or client. Empty on the server.
 *
 * @throws RealtimeError `invalid-option` for a limit below 1.
 */
export function useMessages<T>(channel: string, options: MessagesOptions = {}): Messages<T> {
	const { limit = 100, onGap, signal } = options;
	if (!(limit >= 1)) throw new RealtimeError("invalid-option", "limit must be 1 or more.");
	const client = useClient();
	const list = useKept(() => createStore(EMPTY), [client, channel, signal]);
	const add = (message: Message<never>): void => {
		const { messages, sinceGap } = list.get();
		// Who resumes may be told again what it has.
		if (messages.some((other) => isSame(other, message))) return;
		list.set({ messages: [...messages, message].slice(-limit), sinceGap: sinceGap + 1 });
	};
	const state = useChannel(channel, add, {
		...options,
		onGap: (gap) => {
			list.set({ ...list.get(), sinceGap: 0 });
			onGap?.(gap);
		},
	});
	const { messages, sinceGap } = useReadable(list, EMPTY);
	return { messages: messages.slice(-limit), state, gap: sinceGap < limit };
}
