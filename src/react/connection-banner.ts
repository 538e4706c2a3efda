import type { Banner } from "../client/client.js";
import { useClient } from "./context.js";
import { type CSSProperties, createElement, type ReactNode } from "./react.js";
import { useReadable } from "./use-readable.js";

/** Every word that the banner can show. */
export type BannerLabels = Record<Banner["kind"] | keyof Banner["actions"], string>;

/** What `ConnectionBanner` takes. */
export interface ConnectionBannerProps {
	/** Words of yours, in the place of the English ones: some of them, or all. */
	readonly labels?: Partial<BannerLabels>;
	/**
	 * Its looks are then yours alone, place included: without one it floats above the page, and moves
	 * nothing. The element has `data-kind` to go by.
	 */
	readonly className?: string;
}

const WORDS: BannerLabels = {
	reconnecting: "Reconnecting…",
	degraded: "Messages may be delayed.",
	offline: "No connection.",
	restored: "Connected again.",
	retry: "Retry",
	loadMore: "Load more",
	dismiss: "Dismiss",
};

/** Out of the flow also when empty, or a gap of the layout around it would come and go. */
const EMPTY: CSSProperties = { position: "fixed" };
/** System colours: dark mode and forced colours come by themselves. Nothing here moves. */
const SHOWN: CSSProperties = {
	...EMPTY,
	bottom: 0,
	left: 0,
	zIndex: 9999,
	padding: ".5em 1em",
	color: "CanvasText",
	background: "Canvas",
	border: "1px solid",
};

/**
 * The grey bar: says how things are when they are not well, with buttons for what can be done. A
 * polite live region, there from the start so that it is read out when words come. It shows nothing on
 * the server, and styles by CSSOM alone: a policy of `style-src 'self'` has nothing to forbid.
 */
export function ConnectionBanner({ labels, className }: ConnectionBannerProps): ReactNode {
	const { banner: shown } = useClient();
	// Undefined on the server, and for the first render in the browser.
	const banner = useReadable<Banner | null | undefined>(shown, undefined);
	if (banner === undefined) return null;
	const words = { ...WORDS, ...labels };
	const style = banner ? SHOWN : EMPTY;
	const look = className === undefined ? { style } : banner && { className };
	return createElement(
		"div",
		{ ...look, "data-kind": banner?.kind },
		createElement("span", { role: "status" }, banner && words[banner.kind]),
		(Object.keys(words) as (keyof BannerLabels)[]).map((name) => {
			const run = banner?.actions[name as keyof Banner["actions"]];
			// A poll that fails is what the banner itself shows next.
			const onClick = (): unknown => Promise.resolve(run?.()).catch(() => undefined);
			return run && createElement("button", { key: name, type: "button", onClick }, words[name]);
		}),
	);
}
