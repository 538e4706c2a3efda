/* What happened, newest first, and why: each entry says what it is about and who said so. */
import { byId, element, timeOf } from "./dom.js";

const MOST = 200;
const place = byId("timeline");
// What scrolls must be within reach of a keyboard.
place.tabIndex = 0;

/** `tone`: primary, backup, polling, fault or plain. */
export function note(tone, what, why = "") {
	const at = new Date();
	const time = element("time", { datetime: at.toISOString() }, timeOf(at));
	const text = element("span", { class: "what" }, what);
	place.prepend(
		element("li", { "data-tone": tone }, time, text, element("span", { class: "why" }, why)),
	);
	while (place.childElementCount > MOST) place.lastElementChild.remove();
}

export function startTimeline(client, nameOf) {
	const toneOf = (state) => {
		if (state.status === "connected") return state.role;
		return state.status === "failed" ? "fault" : "plain";
	};
	client.on("transition", ({ from, to, reason, endpoint, dialId }) => {
		const about = endpoint === null ? "" : `${nameOf(endpoint)}, dial ${dialId}`;
		if (from.status === to.status) return note(toneOf(to), reason, about);
		const where = "endpoint" in to ? ` ${nameOf(to.endpoint)}` : "";
		const why = about === "" ? reason : `${reason} · ${about}`;
		note(toneOf(to), `${from.status} › ${to.status}${where}`, why);
	});
	client.mode.subscribe((mode, previous) => {
		const tone = { normal: "primary", degraded: "polling", offline: "fault" }[mode.mode];
		note(tone, `mode ${previous.mode} › ${mode.mode}`, mode.reasons?.join(", ") ?? "");
	});
	client.banner.subscribe((banner, previous) => {
		if (banner?.kind !== previous?.kind) note("plain", `banner ${banner?.kind ?? "gone"}`);
	});
	client.on("goodbye", ({ reason, deadlineAt }) =>
		note("plain", `goodbye: ${reason}`, `leave before ${timeOf(deadlineAt)}`),
	);
	client.on("gap", ({ channel, missed }) =>
		note("fault", `gap in #${channel}`, `${missed} missed`),
	);
	client.on("error", ({ code, message }) => note("fault", `error ${code}`, message));
}
