/* A menu as WAI-ARIA has it: arrows move, an item's key chooses it, Escape and Tab close. */
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { useDismissal } from "./popover.js";

export interface MenuItem {
	readonly id: string;
	readonly label: string;
	readonly help: string;
	/** Of the keyboard, while the menu is open. */
	readonly key: string;
	/** Of what is in force or not; missing: it is no such thing. */
	readonly isOn?: boolean;
}

export interface MenuProps<T extends MenuItem> {
	readonly label: string;
	/** Above the items: what is to be known of them. */
	readonly head?: readonly string[];
	readonly items: readonly T[];
	readonly choose: (item: T) => void;
	/** `how`: by a key, or because somebody pressed elsewhere. */
	readonly close: (how: "key" | "elsewhere") => void;
	/** For tests. */
	readonly name: string;
}

export function Menu<T extends MenuItem>(props: MenuProps<T>): ReactNode {
	const { label, head = [], items, choose, close, name } = props;
	const root = useRef<HTMLDivElement>(null);
	// Its button is beside it, and closes it by itself.
	const anchor = useRef({
		get current(): HTMLElement | null {
			return root.current?.parentElement ?? null;
		},
	});
	useDismissal(anchor.current, true, () => close("elsewhere"));
	useEffect(() => itemsIn(root.current)[0]?.focus(), []);
	const press = (event: KeyboardEvent): void => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const chosen = items.find(({ key }) => key === event.key.toLowerCase());
		const isDone = moveFocus(root.current, event.key) || chosen !== undefined;
		if (isDone || event.key === "Escape") event.preventDefault();
		if (chosen !== undefined) choose(chosen);
		else if (event.key === "Escape" || event.key === "Tab") close("key");
	};
	return (
		<div className="menu" ref={root} data-testid={name}>
			{head.map((line) => (
				<p key={line} className="menu-head figures">
					{line}
				</p>
			))}
			<div role="menu" aria-label={label} tabIndex={-1} onKeyDown={press}>
				{items.map((item) => (
					<Item key={item.id} item={item} choose={() => choose(item)} name={name} />
				))}
			</div>
		</div>
	);
}

interface ItemProps {
	readonly item: MenuItem;
	readonly choose: () => void;
	readonly name: string;
}

function Item({ item, choose, name }: ItemProps): ReactNode {
	const { id, label, help, key, isOn } = item;
	const toggled = isOn === undefined ? {} : { "aria-checked": isOn };
	return (
		<button
			type="button"
			role={isOn === undefined ? "menuitem" : "menuitemcheckbox"}
			{...toggled}
			aria-keyshortcuts={key}
			tabIndex={-1}
			onClick={choose}
			data-testid={`${name}-${id}`}
		>
			<span>{label}</span>
			<span className="key" aria-hidden="true">
				{key.toUpperCase()}
			</span>
			<small>{help}</small>
		</button>
	);
}

const itemsIn = (root: HTMLElement | null): readonly HTMLElement[] => [
	...(root?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? []),
];

/** Whether the key was one that moves. */
function moveFocus(root: HTMLElement | null, key: string): boolean {
	const items = itemsIn(root);
	const at = items.indexOf(document.activeElement as HTMLElement);
	const after = (at + 1) % items.length;
	const before = (at - 1 + items.length) % items.length;
	const next = {
		ArrowDown: after,
		ArrowRight: after,
		ArrowUp: before,
		ArrowLeft: before,
		Home: 0,
		End: items.length - 1,
	}[key];
	if (next === undefined) return false;
	items[next]?.focus();
	return true;
}
