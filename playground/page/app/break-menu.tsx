/* Every part and its verbs by keyboard: the parts first, then the verbs of the one that was chosen. */
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { EdgeState } from "../../edge/control/contract.js";
import { moveFocus, VerbMenu } from "../edge/verb-menu.js";
import type { Part } from "../edge/part.js";
import { faultsOf, partsOf } from "../edge/verbs.js";
import { live } from "../people/people.js";
import { useDismissal } from "./popover.js";
import { useSource } from "./store.js";

type Shown = "nothing" | "parts" | Part;

export function BreakMenu(): ReactNode {
	const state = useSource(live.state);
	const [shown, setShown] = useState<Shown>("nothing");
	const button = useRef<HTMLButtonElement>(null);
	const isReady = state !== null && state.phase === "ready";
	const close = (): void => {
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
				<PartsMenu parts={partsOf(state.pops)} state={state} choose={setShown} close={close} />
			)}
			{isReady && typeof shown === "object" && (
				<VerbMenu part={shown} state={state} close={close} />
			)}
		</span>
	);
}

interface PartsMenuProps {
	readonly parts: readonly Part[];
	readonly state: EdgeState;
	readonly choose: (part: Part) => void;
	readonly close: () => void;
}

function PartsMenu({ parts, state, choose, close }: PartsMenuProps): ReactNode {
	const root = useRef<HTMLDivElement>(null);
	useDismissal(root, true, close);
	useEffect(() => {
		root.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
	}, []);
	const press = (event: KeyboardEvent): void => {
		if (event.key === "Tab") return close();
		const part = parts.find(({ key }) => key === event.key.toLowerCase());
		const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
		if (moveFocus(root.current, event.key) || (part !== undefined && !hasModifier))
			event.preventDefault();
		if (part !== undefined && !hasModifier) choose(part);
	};
	return (
		<div className="menu" ref={root} onKeyDown={press} data-testid="parts">
			<div role="menu" aria-label="Parts of the edge">
				{parts.map((part) => (
					<button
						key={part.id}
						type="button"
						role="menuitem"
						tabIndex={-1}
						aria-keyshortcuts={part.key}
						onClick={() => choose(part)}
					>
						<span>{part.label}</span>
						<kbd aria-hidden="true">{part.key.toUpperCase()}</kbd>
						<small>{faultsOf(part, state).join(", ") || part.about}</small>
					</button>
				))}
			</div>
		</div>
	);
}
