/* The grey bar. Holdfast says what is the matter; the words are an application's own. */
import { byId, element, secondsUntil, setText } from "./dom.js";

const WORDS = {
	reconnecting: () => "Reconnecting…",
	degraded: ({ pending, actions }) => {
		if (!actions.loadMore) return "Messages may take a few seconds longer than usual.";
		if (!pending) return "New messages are not shown by themselves for now.";
		return pending === 1 ? "1 new message is waiting." : `${pending} new messages are waiting.`;
	},
	offline: () => "No connection. What you write is sent as soon as there is one.",
	restored: () => "Connected again.",
};

/** Always in its place, so that nothing moves when it comes or goes. */
export function startBanner(client) {
	const [bar, words, countdown, actions] = [
		byId("banner"),
		byId("banner-words"),
		byId("banner-countdown"),
		byId("banner-actions"),
	];
	const show = (banner) => {
		bar.dataset.kind = banner?.kind ?? "none";
		bar.dataset.level = banner?.level ?? "none";
		setText(words, banner === null ? "" : WORDS[banner.kind](banner));
		showButtons(actions, banner?.actions ?? {});
		showCountdown(banner);
	};
	const showCountdown = (banner) => {
		const isDue = banner?.kind === "reconnecting" && banner.retryAt !== null;
		setText(countdown, isDue ? `Next try in ${secondsUntil(banner.retryAt)}` : "");
	};
	client.banner.subscribe(show);
	show(client.banner.get());
	setInterval(() => showCountdown(client.banner.get()), 100);
}

/** A button that stays keeps its focus: only what is new or gone is touched. */
function showButtons(place, { loadMore, retry, dismiss }) {
	const wanted = { "Load more": loadMore, Retry: retry, Dismiss: dismiss };
	for (const [label, press] of Object.entries(wanted)) {
		let button = place.querySelector(`[data-label="${label}"]`);
		if (press === undefined) button?.remove();
		else {
			button ??= place.appendChild(
				element("button", { type: "button", "data-label": label }, label),
			);
			button.onclick = () => Promise.resolve(press()).catch(() => undefined);
		}
	}
}
