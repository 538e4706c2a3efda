import { describe, expect, it } from "vitest";
import { type ChannelState, position, type Step, transition } from "../../src/channels/channel.js";
import type { ChannelInput } from "../../src/channels/contract.js";
import {
	ANSWERED,
	ASKED,
	adopted,
	again,
	closed,
	gap,
	given,
	HELD,
	head,
	inWords,
	message,
	newest,
	opened,
	rejected,
	subscribed,
	TWICE,
} from "./channel-words.js";

// ── every fact in every situation, of a channel that holds e2:5 ───────────────────────────────────
type Row =
	| "no link"
	| "asked"
	| "answered"
	| "current"
	| "answered twice"
	| "busy"
	| "same hole"
	| "denied";
type Column =
	| Exclude<
			ChannelInput["type"],
			"subscribed" | "gap" | "message" | "head" | "rejected" | "link-opened"
	  >
	| "opened"
	| "subscribed, newest"
	| "subscribed, earlier"
	| "gap ahead"
	| "gap into a newer epoch"
	| "gap back"
	| "gap to where we are"
	| "gap of an older epoch"
	| "message we have"
	| "next message"
	| "message beyond"
	| "message of an older epoch"
	| "message of a newer epoch"
	| "ephemeral message"
	| "head beyond"
	| "head in a newer epoch"
	| "head where we are"
	| "head of an older epoch"
	| "rejected, try later"
	| "rejected for good"
	| "rejected, earlier ask";

const STATES: Record<Row, ChannelState> = {
	"no link": HELD,
	asked: ASKED,
	answered: ANSWERED,
	current: given(ANSWERED, adopted(1)),
	"answered twice": TWICE,
	busy: given(ASKED, rejected(1, 2, "retry")),
	"same hole": given(TWICE, message(1, "e2:9")),
	denied: given(ASKED, rejected(1, 2, "forbidden")),
};

const INPUTS: Record<Column, (state: ChannelState) => ChannelInput> = {
	opened: () => opened(1),
	"link-adopted": () => adopted(1),
	"link-closed": () => closed(1),
	"ask-again": () => again(1),
	"subscribed, newest": (state) => subscribed(1, newest(state), "e2:5", "e2:7"),
	"subscribed, earlier": (state) => subscribed(1, newest(state) - 1, "e2:5", "e2:7"),
	"gap ahead": () => gap(1, "e2:9", 4),
	"gap into a newer epoch": () => gap(1, "e3:2"),
	"gap back": () => gap(1, "e2:3"),
	"gap to where we are": () => gap(1, "e2:5"),
	"gap of an older epoch": () => gap(1, "e1:9"),
	"message we have": () => message(1, "e2:5"),
	"next message": () => message(1, "e2:6"),
	"message beyond": () => message(1, "e2:8"),
	"message of an older epoch": () => message(1, "e1:6"),
	"message of a newer epoch": () => message(1, "e3:6"),
	"ephemeral message": () => message(1, null, "typing"),
	"head beyond": () => head(1, "e2:6"),
	"head in a newer epoch": () => head(1, "e3:1"),
	"head where we are": () => head(1, "e2:5"),
	"head of an older epoch": () => head(1, "e1:9"),
	"rejected, try later": (state) => rejected(1, newest(state), "retry"),
	"rejected for good": (state) => rejected(1, newest(state), "forbidden"),
	"rejected, earlier ask": (state) => rejected(1, newest(state) - 1, "forbidden"),
};

const ANSWERED_ROW: Partial<Record<Column, string>> = {
	opened: "e2:5 asked: ask 3 on 1 from e2:5",
	"link-adopted": "e2:5 answered: nothing",
	"link-closed": "e2:5 none: nothing",
	"gap ahead": "e2:9 answered: gap 4",
	"gap into a newer epoch": "e3:2 answered: gap unknown",
	"gap back": "e2:3 answered: gap unknown",
	"next message": "e2:6 answered: deliver m-e2:6",
	"message beyond": "e2:5 asked: ask 3 on 1 from e2:5",
	"message of a newer epoch": "e2:5 asked: ask 3 on 1 from e2:5",
	"head beyond": "e2:5 asked: ask 3 on 1 from e2:5",
	"head in a newer epoch": "e2:5 asked: ask 3 on 1 from e2:5",
	// A permission that is taken back.
	"rejected, try later": "e2:5 answered, deferred: defer on 1",
	"rejected for good": "e2:5 denied: deny forbidden",
};

/** The same row one ask later. */
const later = (row: Partial<Record<Column, string>>): Partial<Record<Column, string>> =>
	Object.fromEntries(
		Object.entries(row).map(([column, cell]) => [column, cell.replace("ask 3", "ask 4")]),
	);

// The position, the link's phase, and the orders. A cell left out promises the very same state and no order.
const TABLE: Record<Row, Partial<Record<Column, string>>> = {
	"no link": {
		opened: "e2:5 asked: ask 2 on 1 from e2:5",
		"link-adopted": "e2:5 none: nothing",
	},
	asked: {
		opened: "e2:5 asked: ask 3 on 1 from e2:5",
		"link-adopted": "e2:5 asked: nothing",
		"link-closed": "e2:5 none: nothing",
		"subscribed, newest": "e2:5 answered: nothing",
		"rejected, try later": "e2:5 asked, deferred: defer on 1",
		"rejected for good": "e2:5 denied: deny forbidden",
	},
	answered: ANSWERED_ROW,
	current: {
		...ANSWERED_ROW,
		"link-adopted": undefined as never,
		"ephemeral message": "e2:5 answered: deliver typing",
	},
	"answered twice": {
		...later(ANSWERED_ROW),
		"message beyond": "e2:5 answered, deferred: defer on 1",
		"message of a newer epoch": "e2:5 answered, deferred: defer on 1",
	},
	busy: {
		opened: "e2:5 asked: ask 3 on 1 from e2:5",
		"link-adopted": "e2:5 asked, deferred: nothing",
		"link-closed": "e2:5 none: nothing",
		"ask-again": "e2:5 asked: ask 3 on 1 from e2:5",
		// The answer was on its way when we were told to wait: it is still the answer.
		"subscribed, newest": "e2:5 answered: nothing",
	},
	"same hole": {
		opened: "e2:5 asked: ask 4 on 1 from e2:5",
		"link-adopted": "e2:5 answered, deferred: nothing",
		"link-closed": "e2:5 none: nothing",
		"ask-again": "e2:5 asked: ask 4 on 1 from e2:5",
		"gap ahead": "e2:9 answered, deferred: gap 4",
		"gap into a newer epoch": "e3:2 answered, deferred: gap unknown",
		"gap back": "e2:3 answered, deferred: gap unknown",
		"next message": "e2:6 answered, deferred: deliver m-e2:6",
		"head beyond": "e2:5 asked: ask 4 on 1 from e2:5",
		"head in a newer epoch": "e2:5 asked: ask 4 on 1 from e2:5",
		"rejected for good": "e2:5 denied: deny forbidden",
	},
	denied: {
		opened: "e2:5 asked: ask 3 on 1 from e2:5",
		"link-adopted": "e2:5 denied: nothing",
		"link-closed": "e2:5 none: nothing",
	},
};

const rows = Object.keys(STATES) as Row[];
const columns = Object.keys(INPUTS) as Column[];
const cells = rows.flatMap((row) => columns.map((column) => ({ row, column })));

describe("every fact in every situation", () => {
	it.each(cells)("$row × $column", ({ row, column }) => {
		const state = STATES[row];
		const step = transition(state, INPUTS[column](state));
		const isUnmoved = step[0] === state && step[1].length === 0;
		expect(isUnmoved ? undefined : told(step)).toBe(TABLE[row][column]);
	});

	it.each(rows)("%s ignores what a link that is not open says", (row) => {
		for (const column of columns) {
			if (column === "opened" || column === "link-adopted") continue;
			const input = { ...INPUTS[column](STATES[row]), link: 99 };
			expect(transition(STATES[row], input)).toEqual([STATES[row], []]);
		}
	});
});

function told([state, effects]: Step): string {
	const link = state.links.find((other) => other.link === 1);
	const phase = link === undefined ? "none" : `${link.phase}${link.isDeferred ? ", deferred" : ""}`;
	const { epoch, offset } = position(state) ?? { epoch: "?", offset: 0 };
	return `${epoch}:${offset} ${phase}: ${effects.map(inWords).join(", ") || "nothing"}`;
}
