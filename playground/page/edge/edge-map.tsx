/* The schematic: people, PoPs, the main region, and what is beside them. A part is a button that opens its verbs. */
import { type ReactNode, useMemo, useState } from "react";
import type { EdgeState } from "../../edge/control/contract.js";
import { useSource } from "../app/store.js";
import { people } from "../people/people.js";
import { Anchor } from "./anchor.js";
import type { Part } from "./part.js";
import { PartButton } from "./part-button.js";
import { PersonPath } from "./person-path.js";
import { curve, placeOf } from "./places.js";
import { VerbMenu } from "./verb-menu.js";
import { faultsOf, partsOf } from "./verbs.js";

export function EdgeMap({ state }: { readonly state: EdgeState }): ReactNode {
	const [open, setOpen] = useState<string | null>(null);
	const present = useSource(people) ?? [];
	// A menu of the parts, which do not change once it is known what their proxies are.
	const names = state.pops.map(({ name, proxy }) => `${name} ${proxy?.kind}`).join();
	// biome-ignore lint/correctness/useExhaustiveDependencies: made anew for other PoPs alone.
	const parts = useMemo(() => partsOf(state.pops), [names]);
	const isPop = ({ id }: Part): boolean => state.pops.some(({ name }) => name === id);
	const menuOf = (part: Part, place: "map" | "row"): ReactNode => (
		<Anchor key={part.id} id={part.id} isPlaced={place === "map"}>
			<PartButton
				part={part}
				state={state}
				faults={faultsOf(part, state)}
				isOpen={open === part.id}
				open={() => setOpen(open === part.id ? null : part.id)}
			/>
			{open === part.id && <VerbMenu part={part} state={state} close={() => setOpen(null)} />}
		</Anchor>
	);
	return (
		<>
			<div className="map-stage">
				<svg
					className="map-lines"
					viewBox="0 0 100 100"
					preserveAspectRatio="none"
					aria-hidden="true"
				>
					{state.pops
						.filter(({ isMain }) => !isMain)
						.map(({ name, link }) => (
							<path
								key={name}
								className="map-link"
								data-fault={link?.isLogNear === false || undefined}
								d={curve(placeOf(name), placeOf("IAD"))}
							/>
						))}
				</svg>
				{present.map((person) => (
					<PersonPath key={person.reporter.client} person={person} />
				))}
				{parts.filter(isPop).map((part) => menuOf(part, "map"))}
			</div>
			<div className="map-row">
				{parts.filter((part) => !isPop(part)).map((part) => menuOf(part, "row"))}
			</div>
		</>
	);
}
