/* How it is at this moment, with what is being waited for. */
import type { ReactNode } from "react";
import { useSource } from "../app/store.js";
import { useNow } from "../app/use-now.js";
import { cityOf, useWhereabouts } from "../edge/use-whereabouts.js";
import { whereaboutsWords } from "../edge/whereabouts.js";
import { visits } from "../people/people.js";
import type { Person } from "../people/person.js";
import { countdownOf } from "./countdown.js";

export function NowLine({ person }: { readonly person: Person }): ReactNode {
	const now = useNow(200);
	const whereabouts = useWhereabouts(person);
	const connection = useSource(person.client.connection);
	const known = useSource(visits)[person.identity] ?? [];
	const waiting = countdownOf(connection, whereabouts.way, known, now);
	return (
		<p className="now figures" data-testid="now" data-way={whereabouts.way}>
			{whereaboutsWords(whereabouts, cityOf)}
			<span className="countdown">{waiting}</span>
		</p>
	);
}
