/* The verbs of a part, as a menu: arrows move, a verb's key does it, Escape closes. */
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import type { EdgeState } from "../../edge/control/contract.js";
import { useDismissal } from "../app/popover.js";
import { performVerb } from "./act.js";
import type { Part, Verb } from "./part.js";

export interface VerbMenuProps {
	readonly part: Part;
	readonly state: EdgeState;
	readonly close: () => void;
}

export function VerbMenu({ part, state, close }: VerbMenuProps): ReactNode {
	const root = useRef<HTMLDivElement>(null);
	const opener = useRef<Element | null>(null);
	const leave = (): void => {
		close();
		(opener.current as HTMLElement | null)?.focus();
	};
	useDismissal(root, true, close);
	useEffect(() => {
		opener.current ??= document.activeElement;
		root.current?.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
	}, []);
	const run = (verb: Verb): void => {
		leave();
		void performVerb(part, verb);
	};
	const press = (event: KeyboardEvent): void => {
		if (event.key === "Escape" || event.key === "Tab") return leave();
		const verb = part.verbs.find(({ key }) => key === event.key.toLowerCase());
		const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
		if (moveFocus(root.current, event.key) || (verb !== undefined && !hasModifier))
			event.preventDefault();
		if (verb !== undefined && !hasModifier) run(verb);
	};
	return (
		<div className="menu" ref={root} onKeyDown={press} data-testid="verbs">
			<p className="menu-head">{part.about}</p>
			<div role="menu" aria-label={`What to do to ${part.label}`}>
				{part.verbs.map((verb) => (
					<VerbItem key={verb.id} verb={verb} state={state} run={() => run(verb)} />
				))}
			</div>
		</div>
	);
}

interface VerbItemProps {
	readonly verb: Verb;
	readonly state: EdgeState;
	readonly run: () => void;
}

function VerbItem({ verb, state, run }: VerbItemProps): ReactNode {
	const { id, label, help, key, isOn } = verb;
	const toggled = isOn === undefined ? {} : { "aria-checked": isOn(state) };
	return (
		<button
			type="button"
			role={isOn === undefined ? "menuitem" : "menuitemcheckbox"}
			{...toggled}
			aria-keyshortcuts={key}
			tabIndex={-1}
			onClick={run}
			data-testid={`verb-${id}`}
		>
			<span>{label}</span>
			<kbd aria-hidden="true">{key.toUpperCase()}</kbd>
			<small>{help}</small>
		</button>
	);
}

/** Whether the key was one that moves. */
export function moveFocus(root: HTMLElement | null, key: string): boolean {
	const items = [...(root?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
	const at = items.indexOf(document.activeElement as HTMLElement);
	const next = {
		ArrowDown: (at + 1) % items.length,
		ArrowRight: (at + 1) % items.length,
		ArrowUp: (at - 1 + items.length) % items.length,
		ArrowLeft: (at - 1 + items.length) % items.length,
		Home: 0,
		End: items.length - 1,
	}[key];
	if (next === undefined) return false;
	items[next]?.focus();
	return true;
}
