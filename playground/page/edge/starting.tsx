/* In the place of the map: parts as they start, or why there is none. */
import type { ReactNode } from "react";
import type { EdgeState } from "../../edge/control/contract.js";

export function Starting({ state }: { readonly state: EdgeState | null }): ReactNode {
	if (state === null)
		return (
			<p className="waiting" role="status">
				Asking the playground what it does…
			</p>
		);
	const { parts, phase } = state;
	const up = parts.filter(({ is }) => is === "up").length;
	const words = phase === "starting" ? "The edge is starting" : `The edge is ${phase}`;
	return (
		<div className="starting" data-testid="starting">
			<p role="status">
				{words}: {up} of {parts.length} parts are up.
			</p>
			<ul>
				{parts.map(({ name, is, detail }) => (
					<li key={name} data-is={is}>
						<span>{name}</span> <span>{detail ?? is}</span>
					</li>
				))}
			</ul>
		</div>
	);
}
