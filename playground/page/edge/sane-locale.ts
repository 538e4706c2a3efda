/*
 * uPlot asks Intl for `navigator.language` as it loads, and where that is no language tag the whole page would fail:
 * a Chromium under LANG=C says "en-US@posix". Imported before it.
 */
const FALLBACK = "en-US";

/** What Intl takes; `navigator` says the same then. */
export const saneLocale: string = correct();

function correct(): string {
	try {
		new Intl.NumberFormat(navigator.language);
		return navigator.language;
	} catch {
		Object.defineProperty(navigator, "language", { value: FALLBACK, configurable: true });
		return FALLBACK;
	}
}
