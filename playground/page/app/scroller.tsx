import type { ReactNode } from "react";

export interface ScrollerProps {
	readonly className: string;
	readonly label: string;
	/** For tests. */
	readonly name: string;
	readonly children: ReactNode;
}

/** What scrolls must be within reach of a keyboard (WCAG 2.1.1). */
export function Scroller({ className, label, name, children }: ScrollerProps): ReactNode {
	return (
		<section
			className={`${className} scrolls`}
			aria-label={label}
			// biome-ignore lint/a11y/noNoninteractiveTabindex: arrows scroll what has the focus.
			tabIndex={0}
			data-testid={name}
		>
			{children}
		</section>
	);
}
