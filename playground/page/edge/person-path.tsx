/* A person of this page in the schematic: her path is lit, and a socket sits at its end; it moves with her. */
import type { ReactNode } from "react";
import { choose } from "../app/page-state.js";
import { useSource } from "../app/store.js";
import type { Person } from "../people/person.js";
import { curve, endOf, placeOf } from "./places.js";
import { cityOf, useWhereabouts } from "./use-whereabouts.js";
import { whereaboutsWords } from "./whereabouts.js";

const SKIES = { fair: "", offline: "offline", asleep: "asleep" } as const;

export function PersonPath({ person }: { readonly person: Person }): ReactNode {
	const whereabouts = useWhereabouts(person);
	const sky = useSource(person.weather.sky);
	const { id, name } = person.profile;
	const { way, pop } = whereabouts;
	const from = placeOf(id);
	const to = pop === null ? from : endOf(pop, id);
	return (
		<>
			<svg
				className="map-lines"
				viewBox="0 0 100 100"
				preserveAspectRatio="none"
				aria-hidden="true"
			>
				{pop !== null && <path className="map-path" data-way={way} d={curve(from, to)} />}
			</svg>
			<span
				className="map-socket"
				data-way={pop === null ? "none" : way}
				style={{ left: `${to.x}%`, top: `${to.y}%` }}
				aria-hidden="true"
			/>
			<div className="anchor placed" style={{ left: `${from.x}%`, top: `${from.y}%` }}>
				<button
					type="button"
					className="part person"
					data-way={way}
					data-testid={`whereabouts-${id}`}
					onClick={() => choose({ who: id })}
				>
					<span className="part-name">{name}</span>
					<span className="part-note">{SKIES[sky] || WAYS[way]}</span>
					<span className="unseen">: {whereaboutsWords(whereabouts, cityOf)}</span>
				</button>
			</div>
		</>
	);
}

const WAYS = { primary: "primary", backup: "backup", polling: "polling", none: "no link" } as const;
