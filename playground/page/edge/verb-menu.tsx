/* The verbs of a part. */
import { type ReactNode, useRef } from "react";
import type { EdgeState } from "../../edge/control/contract.js";
import { Menu, type MenuItem } from "../app/menu.js";
import { performVerb } from "./act.js";
import type { Part, Verb } from "./part.js";
import { proxyLines } from "./proxy-words.js";

export interface VerbMenuProps {
	readonly part: Part;
	readonly state: EdgeState;
	readonly close: () => void;
}

interface VerbItem extends MenuItem {
	readonly verb: Verb;
}

export function VerbMenu({ part, state, close }: VerbMenuProps): ReactNode {
	const opener = useRef<HTMLElement | null>(null);
	if (opener.current === null && document.activeElement instanceof HTMLElement)
		opener.current = document.activeElement;
	// Who chose, or left by a key, is where he was before.
	const back = (): void => {
		close();
		opener.current?.focus();
	};
	const items = part.verbs.map((verb): VerbItem => {
		const { id, label, help, key, isOn } = verb;
		return { id, label, help, key, verb, ...(isOn && { isOn: isOn(state) }) };
	});
	const pop = state.pops.find(({ name }) => name === part.id);
	return (
		<Menu
			label={`${part.label}: what to do to it`}
			name="verb"
			head={pop === undefined ? [] : proxyLines(pop)}
			items={items}
			choose={({ verb }) => {
				back();
				void performVerb(part, verb);
			}}
			close={(how) => (how === "key" ? back() : close())}
		/>
	);
}
