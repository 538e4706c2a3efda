/* How many messages of each channel were not looked at yet. Pure. */

export type Unread = Readonly<Record<string, number>>;

export function arrived(unread: Unread, channel: string, selected: string): Unread {
	return channel === selected ? unread : { ...unread, [channel]: (unread[channel] ?? 0) + 1 };
}

export function looked(unread: Unread, channel: string): Unread {
	return { ...unread, [channel]: 0 };
}

const MOST_SHOWN = 99;

export const unreadWords = (count: number): string =>
	count > MOST_SHOWN ? `${MOST_SHOWN}+` : String(count);
