/* What comes back out of Redis. Our scripts wrote it: what else lies under our keys is nobody's promise. */
import type { FollowedMessage, LogMessage, StoredMessage } from "../contract.js";

export function decodeStored(
	channel: string,
	epoch: unknown,
	entries: unknown,
): readonly StoredMessage[] {
	return (entries as readonly (readonly [string, string])[]).map(([offset, text]) => ({
		...(JSON.parse(text) as LogMessage),
		channel,
		position: { epoch: String(epoch), offset: Number(offset) },
	}));
}

export function decodeFollowed(channel: string, text: string): FollowedMessage {
	const { epoch, offset, message } = JSON.parse(text) as {
		readonly epoch?: string;
		readonly offset?: number;
		readonly message: LogMessage;
	};
	const position = epoch === undefined || offset === undefined ? null : { epoch, offset };
	return { ...message, channel, position };
}
