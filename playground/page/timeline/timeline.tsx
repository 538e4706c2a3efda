/* What happened, newest first; each line can be asked why. */
import { type ReactNode, useState } from "react";
import { Scroller } from "../app/scroller.js";
import { useSource } from "../app/store.js";
import { cityOf } from "../edge/use-whereabouts.js";
import { visits } from "../people/people.js";
import type { Person } from "../people/person.js";
import { timeOf } from "../users/message-row.js";
import type { Entry } from "./entry.js";
import { lineOf, roleOf, visitOf, whyOf } from "./words.js";

export function Timeline({ person }: { readonly person: Person }): ReactNode {
	const entries = useSource(person.log.entries);
	const [asked, setAsked] = useState<number | null>(null);
	const { name } = person.profile;
	return (
		<Scroller className="timeline" label={`${name}'s timeline`} name="timeline-panel">
			<ol data-testid="timeline">
				{entries.toReversed().map((entry) => (
					<Row
						key={entry.id}
						person={person}
						entry={entry}
						isAsked={asked === entry.id}
						ask={() => setAsked(asked === entry.id ? null : entry.id)}
					/>
				))}
			</ol>
		</Scroller>
	);
}

interface RowProps {
	readonly person: Person;
	readonly entry: Entry;
	readonly isAsked: boolean;
	readonly ask: () => void;
}

function Row({ person, entry, isAsked, ask }: RowProps): ReactNode {
	const { tone, words } = lineOf(entry, usePlace(person, entry));
	const isAction = entry.happening.is === "action";
	return (
		<li data-tone={tone} data-is={entry.happening.is}>
			<time className="figures">{timeOf(entry.at)}</time>
			<span className="mark" aria-hidden="true" />
			<span className="words">{words}</span>
			{!isAction && (
				<button
					type="button"
					className="quiet"
					aria-expanded={isAsked}
					aria-label={`Why: ${words}?`}
					onClick={ask}
				>
					why?
				</button>
			)}
			{isAsked && <Why person={person} entry={entry} />}
		</li>
	);
}

function usePlace({ identity }: Person, { happening, at }: Entry): string | null {
	const known = useSource(visits)[identity] ?? [];
	if (happening.is !== "transition" || happening.endpoint === null) return null;
	const pop = visitOf(known, roleOf(happening.endpoint), at)?.pop ?? null;
	return pop === null ? null : cityOf(pop);
}

function Why({ person, entry }: { readonly person: Person; readonly entry: Entry }): ReactNode {
	const known = useSource(visits)[person.identity] ?? [];
	const replayed = person.log.replayedAfter(entry.id);
	const facts = whyOf(entry, { visits: known, replayed, now: Date.now(), cityOf });
	return (
		<dl className="why" data-testid="why">
			{facts.map(([label, value]) => (
				<div key={label}>
					<dt>{label}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}
