import { useChannel } from "holdfast/react";
import { type ReactNode, useState } from "react";
import { useNow } from "../app/use-now.js";
import { type ChatMessage, type Typing, typingIn } from "../people/channels.js";
import type { Person } from "../people/person.js";
import { spoke, type Typists, typed, typistsWords } from "./typists.js";

export interface TypingLineProps {
	readonly person: Person;
	readonly channel: string;
}

export function TypingLine(props: TypingLineProps): ReactNode {
	// Another channel, other people.
	return <Line key={props.channel} {...props} />;
}

function Line({ person, channel }: TypingLineProps): ReactNode {
	const [typists, setTypists] = useState<Typists>({});
	const { name } = person.profile;
	useChannel<Typing>(
		typingIn(channel),
		({ data, from }) => {
			if (from === person.identity) return;
			setTypists((before) => typed(before, data.typing, Date.now()));
		},
		{ recover: false },
	);
	useChannel<ChatMessage>(channel, ({ data, from }) =>
		setTypists((before) => spoke(before, data.name ?? from ?? "")),
	);
	const words = typistsWords(typists, useNow(500));
	return (
		// Not told to a screen reader: it would never stop.
		<p className="typing" aria-hidden="true" data-testid={`typing-${name.toLowerCase()}`}>
			{words}
		</p>
	);
}
