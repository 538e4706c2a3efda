/* What a client holds now: outbox, positions, health of its endpoints, DNS answers. */
import type { ReactNode } from "react";
import { Scroller } from "../app/scroller.js";
import { useSource } from "../app/store.js";
import { useNow } from "../app/use-now.js";
import { cityOf } from "../edge/use-whereabouts.js";
import { visits } from "../people/people.js";
import type { Person } from "../people/person.js";
import { holdingsOf } from "./holdings.js";
import type { Fact } from "./words.js";

export function Inspector({ person }: { readonly person: Person }): ReactNode {
	const now = useNow(500);
	const { client, positions, identity } = person;
	const known = useSource(visits)[identity] ?? [];
	const groups = holdingsOf({
		connection: client.connection.get(),
		mode: client.mode.get(),
		stats: client.stats.get(),
		endpoints: client.endpoints.get(),
		outbox: client.outbox.get(),
		positions,
		visits: known,
		now,
		cityOf,
	});
	return (
		<Scroller
			className="inspector"
			label={`What ${person.profile.name}'s client holds`}
			name="inspector"
		>
			{groups.map(({ title, facts }) => (
				<Group key={title} title={title} facts={facts} />
			))}
		</Scroller>
	);
}

function Group({ title, facts }: { readonly title: string; readonly facts: readonly Fact[] }) {
	return (
		<div className="group">
			<h3>{title}</h3>
			<dl>
				{facts.map(([label, value]) => (
					<div key={label}>
						<dt>{label}</dt>
						<dd className="figures">{value}</dd>
					</div>
				))}
			</dl>
		</div>
	);
}
