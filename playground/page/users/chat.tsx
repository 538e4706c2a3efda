/* A chat as an application would write it, with our hooks. */
import { ConnectionBanner } from "holdfast/react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { watchDocument } from "../ledger/watch-document.js";
import { CHANNELS } from "../people/channels.js";
import type { Person } from "../people/person.js";
import { ChannelList } from "./channel-list.js";
import { ChatFrame } from "./chat-frame.js";
import { Composer } from "./composer.js";
import { MessageList } from "./message-list.js";
import { TypingLine } from "./typing-line.js";
import { arrived, looked, type Unread } from "./unread.js";

const LABELS = {
	reconnecting: "Reconnecting…",
	degraded: "Messages may be a little late.",
	offline: "No connection. What you write waits.",
	restored: "Connected again.",
	loadMore: "Load more messages",
	dismiss: "Hide",
};

export function Chat({ person }: { readonly person: Person }): ReactNode {
	const [channel, setChannel] = useState(CHANNELS[0]?.id ?? "");
	const [unread, setUnread] = useState<Unread>({});
	const frame = useRef<HTMLElement>(null);
	const { reporter } = person;
	useEffect(() => {
		const root = frame.current;
		return root === null ? undefined : watchDocument(root, (message) => reporter.shown(message));
	}, [reporter]);
	const select = (id: string): void => {
		setChannel(id);
		setUnread((before) => looked(before, id));
	};
	return (
		<ChatFrame profile={person.profile} ref={frame}>
			<ChannelList person={person} selected={channel} unread={unread} select={select} />
			<div className="banner-place" data-testid={`banner-${person.profile.id}`}>
				<ConnectionBanner className="banner" labels={LABELS} />
			</div>
			{CHANNELS.map(({ id }) => (
				<MessageList
					key={id}
					person={person}
					channel={id}
					isSelected={id === channel}
					arrived={() => setUnread((before) => arrived(before, id, channel))}
				/>
			))}
			<TypingLine person={person} channel={channel} />
			<Composer person={person} channel={channel} />
		</ChatFrame>
	);
}
