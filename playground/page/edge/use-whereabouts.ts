import { useSource } from "../app/store.js";
import { live, visits } from "../people/people.js";
import type { Person } from "../people/person.js";
import { type Whereabouts, whereaboutsOf } from "./whereabouts.js";

export function useWhereabouts({ client, identity }: Person): Whereabouts {
	const connection = useSource(client.connection);
	const mode = useSource(client.mode);
	const known = useSource(visits)[identity] ?? [];
	return whereaboutsOf(connection, mode, known, Date.now());
}

/** "DUB" → "Dublin" */
export const cityOf = (pop: string): string =>
	live.state.get()?.pops.find(({ name }) => name === pop)?.city ?? pop;
