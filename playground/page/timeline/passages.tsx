/* One person's client from the inside: what happened to it, or what it holds now. */
import type { ReactNode } from "react";
import { choose, pageState } from "../app/page-state.js";
import { useSource } from "../app/store.js";
import { type PersonId, VIEWS, type View } from "../app/url-state.js";
import { people } from "../people/people.js";
import { PROFILES } from "../people/profiles.js";
import { Inspector } from "./inspector.js";
import { NowLine } from "./now-line.js";
import { Timeline } from "./timeline.js";

const VIEW_WORDS: Readonly<Record<View, string>> = { timeline: "Timeline", inspector: "Inspector" };

export function Passages(): ReactNode {
	const { who, view } = useSource(pageState);
	const person = useSource(people)?.find(({ profile }) => profile.id === who) ?? null;
	return (
		<section className="passages" aria-label="A client from the inside" data-testid="passages">
			<header>
				<Choice<View>
					label="View"
					values={VIEWS}
					chosen={view}
					words={(value) => VIEW_WORDS[value]}
					choose={(value) => choose({ view: value })}
				/>
				<Choice<PersonId>
					label="Whose client"
					values={PROFILES.map(({ id }) => id)}
					chosen={who}
					words={(value) => PROFILES.find(({ id }) => id === value)?.name ?? value}
					choose={(value) => choose({ who: value })}
				/>
				{person !== null && <NowLine key={person.reporter.client} person={person} />}
			</header>
			{person === null && <p className="waiting">No client yet.</p>}
			{person !== null && view === "timeline" && (
				<Timeline key={person.reporter.client} person={person} />
			)}
			{person !== null && view === "inspector" && (
				<Inspector key={person.reporter.client} person={person} />
			)}
		</section>
	);
}

interface ChoiceProps<T extends string> {
	readonly label: string;
	readonly values: readonly T[];
	readonly chosen: T;
	readonly words: (value: T) => string;
	readonly choose: (value: T) => void;
}

/** A few buttons, one of which is pressed. */
export function Choice<T extends string>(props: ChoiceProps<T>): ReactNode {
	const { label, values, chosen, words } = props;
	return (
		<fieldset className="choice">
			<legend className="unseen">{label}</legend>
			{values.map((value) => (
				<button
					key={value}
					type="button"
					aria-pressed={value === chosen}
					onClick={() => props.choose(value)}
				>
					{words(value)}
				</button>
			))}
		</fieldset>
	);
}
