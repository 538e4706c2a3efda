/* The little of the DOM that this page needs. */

/** @type {(id: string) => HTMLElement} */
export const byId = (id) => document.getElementById(id);

/** Text is always text: what people write is never markup. */
export function element(tag, attributes = {}, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (typeof value === "function") node.addEventListener(name, value);
		else if (value !== false && value !== null) node.setAttribute(name, value);
	}
	node.append(...children);
	return node;
}

/** Touches the document only when something changed, so that a screen reader hears news alone. */
export function setText(node, text) {
	if (node.textContent !== text) node.textContent = text;
}

const TIME = new Intl.DateTimeFormat(undefined, {
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
	hourCycle: "h23",
});

export const timeOf = (at) => TIME.format(at);

/** "0.4 s": what is left until an instant, never less than nothing. */
export const secondsUntil = (at) => `${(Math.max(0, at - Date.now()) / 1_000).toFixed(1)} s`;
