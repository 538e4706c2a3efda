import type { ReactNode } from "react";
import { STORIES } from "../../edge/stories/stories.js";
import { LedgerLine } from "../ledger/ledger-line.js";
import { choose, pageState, theme, toggleTheme } from "./page-state.js";
import { useSource } from "./store.js";

export function Header(): ReactNode {
	const { story } = useSource(pageState);
	const shown = useSource(theme);
	const other = shown === "dark" ? "light" : "dark";
	return (
		<header className="top">
			<h1>Holdfast</h1>
			<label className="pick">
				<span>Story</span>
				<select
					value={story}
					onChange={({ target }) => choose({ story: target.value })}
					data-testid="story-select"
				>
					{STORIES.map(({ id, title }) => (
						<option key={id} value={id}>
							{title}
						</option>
					))}
				</select>
			</label>
			<LedgerLine />
			<button
				type="button"
				className="quiet theme"
				aria-label={`Use the ${other} theme`}
				title={`Use the ${other} theme`}
				onClick={toggleTheme}
				data-testid="theme"
			>
				<ThemeSign />
			</button>
		</header>
	);
}

/** Half dark, half light: a font may lack the character. */
function ThemeSign(): ReactNode {
	return (
		<svg viewBox="0 0 18 18" aria-hidden="true">
			<circle cx="9" cy="9" r="7" fill="none" stroke="currentColor" strokeWidth="1.5" />
			<path d="M9 2a7 7 0 0 1 0 14z" fill="currentColor" />
		</svg>
	);
}
