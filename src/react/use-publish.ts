import type { PublishReceipt } from "../channels/message.js";
import type { OutboxEntry, PublishOptions } from "../client/client.js";
import { useClient } from "./context.js";
import { useKept } from "./use-kept.js";
import { useReadable } from "./use-readable.js";

/** What `usePublish` returns. */
export interface Publishing<T> {
	/** As `client.publish`, for this channel. The same function for as long as client and channel are. */
	readonly publish: (data: T, options?: PublishOptions) => Promise<PublishReceipt>;
	/** How many of the channel's publishes no server has stored yet, an earlier page's too. */
	readonly pending: number;
}

const NONE: readonly OutboxEntry[] = [];

/** Publishes to a channel, and says how much of it is still on its way. */
export function usePublish<T>(channel: string): Publishing<T> {
	const client = useClient();
	const { count, publish } = useKept(
		() => ({
			count: (entries: readonly OutboxEntry[]) =>
				entries.filter((entry) => entry.channel === channel).length,
			publish: (data: T, options?: PublishOptions) => client.publish(channel, data, options),
		}),
		[client, channel],
	);
	return { publish, pending: useReadable(client.outbox, NONE, count) };
}
