/* One line of the chat. */
import { element, timeOf } from "./dom.js";
import { windowId } from "./settings.js";

/** `pending`: what to say of a copy that no server has confirmed yet. */
export function newMessage({ id, data, at, from, via }, pending = null) {
	// What other windows publish is theirs to choose: anything that is no text is none.
	const { name, text } = Object(data);
	const time = element("time", { datetime: new Date(at).toISOString() }, timeOf(at).slice(0, 5));
	const words = element("p", {}, typeof text === "string" ? text : "(no text)");
	const who = element("strong", {}, typeof name === "string" ? name.slice(0, 24) : "?");
	const mark = element(
		"span",
		{ class: "state" },
		pending ?? (via === "polling" ? "by polling" : ""),
	);
	const item = element("li", { "data-id": id }, element("div", {}, who, time, mark), words);
	if (from === windowId) item.dataset.own = "";
	if (pending !== null) item.dataset.pending = "";
	return item;
}

export function newGap(missed) {
	const many = missed === "unknown" ? "Some messages" : `${missed} messages`;
	return element("li", { class: "gap" }, `${many} could not be loaded`);
}
