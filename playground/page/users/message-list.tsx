/* One channel. All of them are in the document, so that it can be held against receipts; one is shown. */
import type { Message, OutboxEntry } from "holdfast";
import { useChannel, useMessages } from "holdfast/react";
import { type ReactNode, useEffect, useLayoutEffect, useRef } from "react";
import { useSource } from "../app/store.js";
import type { ChatMessage } from "../people/channels.js";
import type { Copy, Person } from "../people/person.js";
import { panelId, tabId } from "./channel-list.js";
import { CopyRow, MessageRow } from "./message-row.js";

export interface MessageListProps {
	readonly person: Person;
	readonly channel: string;
	readonly isSelected: boolean;
	/** A new message of somebody else. */
	readonly arrived: () => void;
}

const LAST = 30;
const AT_END_PX = 40;

export function MessageList(props: MessageListProps): ReactNode {
	const { person, channel, isSelected, arrived } = props;
	const { reporter, identity } = person;
	const { messages, state } = useMessages<ChatMessage>(channel, {
		from: { last: LAST },
		onGap: () => reporter.gap(channel),
	});
	useChannel<ChatMessage>(channel, (message) => {
		person.saw(message);
		if (message.from !== identity && !isOld(message)) arrived();
	});
	useEffect(() => {
		if (state.status === "subscribed") reporter.subscribed(channel);
	}, [state, reporter, channel]);
	const pending = usePending(person, channel, messages);
	const list = useFollow(messages.length + pending.length, messages.at(-1)?.id, isSelected);
	const { id: who } = person.profile;
	return (
		<div
			className="messages"
			role="tabpanel"
			id={panelId(who, channel)}
			aria-labelledby={tabId(who, channel)}
			hidden={!isSelected}
			// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of a keyboard.
			tabIndex={0}
			ref={list}
		>
			{messages.length + pending.length === 0 && (
				<p className="waiting">Nothing was said here yet.</p>
			)}
			<ol data-testid={`messages-${who}`} data-channel-name={channel}>
				{messages.map((message) => (
					<MessageRow key={`${message.from} ${message.id}`} message={message} own={identity} />
				))}
				{pending.map((copy) => (
					<CopyRow key={copy.id} copy={copy} name={person.profile.name} />
				))}
			</ol>
		</div>
	);
}

/** Replayed at the first subscription, it is no news. */
const isOld = ({ replayed, at }: Message<unknown>): boolean => replayed && Date.now() - at > 60_000;

/** What she wrote and has not seen come back; what an earlier page of this window left in storage too. */
function usePending(
	{ copies, client }: Person,
	channel: string,
	messages: readonly Message<ChatMessage>[],
): readonly Copy[] {
	const own = useSource(copies).filter((copy) => copy.channel === channel);
	const queued = useSource(client.outbox).filter((entry) => entry.channel === channel);
	const others = queued.filter(({ id }) => !own.some((copy) => copy.id === id)).map(toCopy);
	const shown = new Set(messages.map(({ id }) => id));
	return [...others, ...own].filter(({ id }) => !shown.has(id));
}

function toCopy({ id, channel, data }: OutboxEntry): Copy {
	const { text } = Object(data) as { readonly text?: unknown };
	return { id, channel, text: String(text ?? ""), trouble: null };
}

/** Stays at the end, but for who has scrolled up to read. */
function useFollow(length: number, newest: string | undefined, isSelected: boolean) {
	const list = useRef<HTMLDivElement>(null);
	const isAtEnd = useRef(true);
	useEffect(() => {
		const element = list.current;
		const look = (): void => {
			if (element === null || element.hidden) return;
			const { scrollHeight, scrollTop, clientHeight } = element;
			isAtEnd.current = scrollHeight - scrollTop - clientHeight < AT_END_PX;
		};
		// Another size, the same end.
		const resized = new ResizeObserver(() => {
			if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
		});
		element?.addEventListener("scroll", look);
		if (element !== null) resized.observe(element);
		return () => {
			element?.removeEventListener("scroll", look);
			resized.disconnect();
		};
	}, []);
	// biome-ignore lint/correctness/useExhaustiveDependencies: each change of what is shown may add height.
	useLayoutEffect(() => {
		const element = list.current;
		if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
	}, [length, newest, isSelected]);
	return list;
}
