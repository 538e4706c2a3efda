/* A button that opens something beside it; Escape, and a press elsewhere, close it. */
import { type ReactNode, useEffect, useId, useRef, useState } from "react";

export interface PopoverProps {
	readonly label: string;
	/** For tests. */
	readonly name: string;
	readonly children: ReactNode;
}

export function Popover({ label, name, children }: PopoverProps): ReactNode {
	const [isOpen, setOpen] = useState(false);
	const root = useRef<HTMLSpanElement>(null);
	const button = useRef<HTMLButtonElement>(null);
	const id = useId();
	useDismissal(root, isOpen, () => {
		setOpen(false);
		button.current?.focus();
	});
	return (
		<span className="popover-root" ref={root}>
			<button
				type="button"
				className="quiet"
				ref={button}
				aria-expanded={isOpen}
				aria-controls={id}
				onClick={() => setOpen(!isOpen)}
				data-testid={`${name}-button`}
			>
				{label}
			</button>
			<div className="popover" id={id} hidden={!isOpen} data-testid={name}>
				{isOpen && children}
			</div>
		</span>
	);
}

/** Calls `dismiss` on Escape, and where somebody presses or focuses elsewhere. */
export function useDismissal(
	root: { readonly current: HTMLElement | null },
	isOpen: boolean,
	dismiss: () => void,
): void {
	const latest = useRef(dismiss);
	useEffect(() => {
		latest.current = dismiss;
	});
	useEffect(() => {
		if (!isOpen) return;
		const press = (event: Event): void => {
			if (!root.current?.contains(event.target as Node)) latest.current();
		};
		const key = (event: KeyboardEvent): void => {
			if (event.key === "Escape") latest.current();
		};
		document.addEventListener("pointerdown", press);
		document.addEventListener("keydown", key);
		return () => {
			document.removeEventListener("pointerdown", press);
			document.removeEventListener("keydown", key);
		};
	}, [isOpen, root]);
}
