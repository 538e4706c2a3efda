/* The page's own choices: in the address, and the theme in storage too. */
import { STORIES } from "../../edge/stories/stories.js";
import { Store } from "./store.js";
import { readUrl, type UrlState, writeUrl } from "./url-state.js";

const THEME = "holdfast-theme";

const ids = STORIES.map(({ id }) => id);

export const pageState = new Store<UrlState>(readUrl(location.search, ids));

export function choose(change: Partial<UrlState>): void {
	pageState.set({ ...pageState.get(), ...change });
	const { pathname, search } = location;
	history.replaceState(null, "", `${pathname}${writeUrl(pageState.get(), search)}`);
}

const dark = matchMedia("(prefers-color-scheme: dark)");

function storedTheme(): UrlState["theme"] {
	const value = attempt(() => localStorage.getItem(THEME));
	return value === "light" || value === "dark" ? value : null;
}

/** Storage may be forbidden: then nothing is remembered. */
function attempt<T>(run: () => T): T | null {
	try {
		return run();
	} catch {
		return null;
	}
}

export const theme = new Store<"light" | "dark">("light");

export function showTheme(): void {
	const chosen = pageState.get().theme ?? storedTheme();
	const shown = chosen ?? (dark.matches ? "dark" : "light");
	document.documentElement.dataset.theme = shown;
	theme.set(shown);
}

export function toggleTheme(): void {
	const next = theme.get() === "dark" ? "light" : "dark";
	attempt(() => localStorage.setItem(THEME, next));
	// What was chosen by hand counts from now on; an address that says otherwise is corrected.
	choose({ theme: pageState.get().theme === null ? null : next });
	showTheme();
}

dark.addEventListener("change", showTheme);
