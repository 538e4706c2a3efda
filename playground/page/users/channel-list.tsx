import type { KeyboardEvent, ReactNode } from "react";
import { CHANNELS } from "../people/channels.js";
import type { Person } from "../people/person.js";
import { type Unread, unreadWords } from "./unread.js";

export interface ChannelListProps {
	readonly person: Person;
	readonly selected: string;
	readonly unread: Unread;
	readonly select: (channel: string) => void;
}

/** Tabs, as WAI-ARIA has them: arrows move, one of them is in the order of Tab. */
export function ChannelList({ person, selected, unread, select }: ChannelListProps): ReactNode {
	const { id: who, name } = person.profile;
	const move = (event: KeyboardEvent<HTMLElement>): void => {
		const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
		if (step === undefined) return;
		const at = CHANNELS.findIndex(({ id }) => id === selected);
		const next = CHANNELS[(at + step + CHANNELS.length) % CHANNELS.length];
		if (next === undefined) return;
		event.preventDefault();
		select(next.id);
		document.getElementById(tabId(who, next.id))?.focus();
	};
	return (
		<div className="channels" role="tablist" aria-label={`${name}'s channels`} onKeyDown={move}>
			{CHANNELS.map(({ id, label, about }) => {
				const count = unread[id] ?? 0;
				const isSelected = id === selected;
				return (
					<button
						key={id}
						type="button"
						role="tab"
						id={tabId(who, id)}
						aria-selected={isSelected}
						aria-controls={panelId(who, id)}
						tabIndex={isSelected ? 0 : -1}
						title={about}
						onClick={() => select(id)}
						data-testid={`channel-${label}`}
					>
						{label}
						<span className="unread" hidden={count === 0}>
							{unreadWords(count)}
							<span className="unseen"> unread</span>
						</span>
					</button>
				);
			})}
		</div>
	);
}

const plain = (channel: string): string => channel.replaceAll(".", "-");
export const tabId = (who: string, channel: string): string => `tab-${who}-${plain(channel)}`;
export const panelId = (who: string, channel: string): string => `panel-${who}-${plain(channel)}`;
