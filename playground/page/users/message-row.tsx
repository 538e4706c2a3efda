import type { Message } from "holdfast";
import type { ReactNode } from "react";
import type { ChatMessage } from "../people/channels.js";
import type { Copy } from "../people/person.js";

const TIME = new Intl.DateTimeFormat(undefined, {
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
	hourCycle: "h23",
});

export const timeOf = (at: number): string => TIME.format(at);

export interface MessageRowProps {
	readonly message: Message<ChatMessage>;
	/** Whose chat it is: her identity. */
	readonly own: string;
}

/** The ledger reads what the row says of its position. */
export function MessageRow({ message, own }: MessageRowProps): ReactNode {
	const { id, from, data, position, at, channel } = message;
	return (
		<li
			data-testid="message"
			data-id={id}
			data-channel={channel}
			data-offset={position?.offset}
			data-epoch={position?.epoch}
			data-own={from === own || undefined}
		>
			<span className="by">{data.name ?? from}</span> <time>{timeOf(at)}</time>
			<p>{withoutName(data, from)}</p>
		</li>
	);
}

/** The fleet's clients begin with their name, which is there already. */
function withoutName({ text }: ChatMessage, from: string | null): string {
	return from !== null && text.startsWith(`${from} `) ? text.slice(from.length + 1) : text;
}

export function CopyRow({ copy, name }: { readonly copy: Copy; readonly name: string }): ReactNode {
	return (
		<li data-testid="pending" data-own>
			<span className="by">{name}</span> <span className="state">{copy.trouble ?? "sending"}</span>
			<p>{copy.text}</p>
		</li>
	);
}
