import { type FormEvent, type ReactNode, useRef, useState } from "react";
import type { Person } from "../people/person.js";

export interface ComposerProps {
	readonly person: Person;
	readonly channel: string;
}

/** Said again while somebody goes on typing. */
const TYPING_EVERY_MS = 2_000;
const LONGEST = 500;

export function Composer({ person, channel }: ComposerProps): ReactNode {
	const [text, setText] = useState("");
	const typedAt = useRef(0);
	const { id, name } = person.profile;
	const write = (words: string): void => {
		setText(words);
		if (words === "" || Date.now() - typedAt.current < TYPING_EVERY_MS) return;
		typedAt.current = Date.now();
		person.type(channel);
	};
	const send = (event: FormEvent): void => {
		event.preventDefault();
		const words = text.trim();
		if (words === "") return;
		setText("");
		typedAt.current = 0;
		void person.say(channel, words);
	};
	return (
		<form className="composer" onSubmit={send} autoComplete="off">
			<label className="unseen" htmlFor={`text-${id}`}>
				Message as {name}
			</label>
			<input
				id={`text-${id}`}
				value={text}
				maxLength={LONGEST}
				placeholder={`Write as ${name}`}
				onChange={(event) => write(event.target.value)}
			/>
			<button type="submit">Send</button>
		</form>
	);
}
