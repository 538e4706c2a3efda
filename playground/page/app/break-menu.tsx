/* Every part and its verbs by keyboard: the parts first, then the verbs of the one that was chosen. */
import { type ReactNode, useRef, useState } from "react";
import type { EdgeState } from "../../edge/control/contract.js";
import type { Part } from "../edge/part.js";
import { VerbMenu } from "../edge/verb-menu.js";
import { faultsOf, partsOf } from "../edge/verbs.js";
import { live } from "../people/people.js";
import { Menu, type MenuItem } from "./menu.js";
import { useSource } from "./store.js";

interface PartItem extends MenuItem {
	readonly part: Part;
}

const itemsOf = (state: EdgeState): readonly PartItem[] =>
	partsOf(state.pops).map((part) => {
		const { id, label, key, about } = part;
		return { id, label, key, part, help: faultsOf(part, state).join(", ") || about };
	});

export function BreakMenu(): ReactNode {
	const state = useSource(live.state);
	const [shown, setShown] = useState<"nothing" | "parts" | Part>("nothing");
	const button = useRef<HTMLButtonElement>(null);
	const isReady = state !== null && state.phase === "ready";
	const leave = (): void => {
		setShown("nothing");
		button.current?.focus();
	};
	return (
		<span className="anchor break">
			<button
				type="button"
				className="main"
				ref={button}
				disabled={!isReady}
				aria-haspopup="menu"
				aria-expanded={shown !== "nothing"}
				onClick={() => setShown(shown === "nothing" ? "parts" : "nothing")}
				data-testid="break"
			>
				Break something…
			</button>
			{isReady && shown === "parts" && (
				<Menu
					label="Parts of the edge"
					name="part-item"
					items={itemsOf(state)}
					choose={({ part }) => setShown(part)}
					close={(how) => (how === "key" ? leave() : setShown("nothing"))}
				/>
			)}
			{isReady && typeof shown === "object" && (
				<VerbMenu part={shown} state={state} close={leave} />
			)}
		</span>
	);
}
