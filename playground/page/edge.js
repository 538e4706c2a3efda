/* The three servers and the buttons that break them. What they do is told to every window. */
import { byId, element, setText } from "./dom.js";
import { run } from "./settings.js";
import { note } from "./timeline.js";

const REST = "Break something. The chat should hold, here and in every other window.";
/** Label, the state in which it counts as pressed, and what it does. */
const VERBS = {
	kill: ["Kill", ["down"], "Closes the port and resets every connection."],
	refuse: [
		"Refuse",
		["refusing"],
		"New WebSockets get a 503, and open ones are cut. HTTP still passes.",
	],
	swallow: [
		"Swallow",
		["swallowing"],
		"WebSockets go silent, new and open: no answer, no reset. HTTP passes.",
	],
	drain: [
		"Drain",
		["draining", "drained"],
		"Asks everybody to leave within 5 s: they move first, then let go.",
	],
	restore: ["Restore", null, "As it was; after a kill or a drain by a new server."],
};
const SERVERS = {
	primary: ["Primary", ["kill", "refuse", "swallow", "drain", "restore"]],
	backup: ["Backup", ["kill", "refuse", "swallow", "drain", "restore"]],
	api: ["HTTP half", ["kill", "restore"]],
};

export function startEdge() {
	const hint = byId("hint");
	const rows = Object.keys(SERVERS).map((target) => [target, newRow(target, hint)]);
	for (const [, { row }] of rows) hint.before(row);
	setText(hint, REST);
	let before = null;
	const source = new EventSource("/edge");
	source.addEventListener("message", ({ data }) => {
		const { run: current, edge } = JSON.parse(data);
		// Another run of the playground has other tokens, and perhaps other code.
		if (current !== run.id) return location.reload();
		if (hint.dataset.tone === "fault") rest(hint);
		for (const [target, { show }] of rows) {
			show(edge[target]);
			if (before !== null && before[target].is !== edge[target].is)
				note(
					edge[target].is === "up" ? "plain" : "fault",
					`${SERVERS[target][0]}: ${edge[target].is}`,
					"the playground",
				);
		}
		before = edge;
	});
	source.addEventListener("error", () =>
		say(
			hint,
			"fault",
			"The playground itself is not answering. Start it again: npm run playground",
		),
	);
}

function newRow(target, hint) {
	const [name, verbs] = SERVERS[target];
	const state = element("span", { class: "state" });
	const buttons = verbs.map((verb) => newButton(target, verb, hint));
	const group = element("div", { role: "group", "aria-label": name }, ...buttons);
	const row = element(
		"div",
		{ class: "server", id: target },
		element("h3", {}, name),
		state,
		group,
	);
	const show = ({ is, connections }) => {
		row.dataset.is = is;
		const sockets = `${connections} WebSocket${connections === 1 ? "" : "s"}`;
		setText(state, target === "api" ? is : `${is} · ${sockets}`);
		for (const button of buttons) {
			const [, pressedIn] = VERBS[button.dataset.verb];
			if (pressedIn !== null) button.ariaPressed = String(pressedIn.includes(is));
		}
	};
	return { row, show };
}

function newButton(target, verb, hint) {
	const [label, , help] = VERBS[verb];
	const tell = () => hint.dataset.tone !== "fault" && setText(hint, help);
	const attributes = {
		type: "button",
		"data-verb": verb,
		"aria-description": help,
		click: () => turn(target, verb, hint),
		focus: tell,
		pointerenter: tell,
		blur: () => rest(hint),
		pointerleave: () => rest(hint),
	};
	return element("button", attributes, label);
}

async function turn(target, verb, hint) {
	try {
		const response = await fetch("/control", {
			method: "POST",
			headers: { "content-type": "application/json", "x-playground-token": run.token },
			body: JSON.stringify({ target, verb }),
		});
		if (!response.ok) say(hint, "fault", await response.text());
	} catch {
		say(
			hint,
			"fault",
			"The playground itself is not answering. Start it again: npm run playground",
		);
	}
}

function say(hint, tone, words) {
	hint.dataset.tone = tone;
	setText(hint, words);
}

const rest = (hint) => say(hint, "plain", REST);
