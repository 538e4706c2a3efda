import { describe, expect, it } from "vitest";
import {
	type ChannelState,
	isAnswered,
	isOpen,
	position,
	subscriptionState,
	transition,
} from "../../src/channels/channel.js";
import type { ChannelInput } from "../../src/channels/contract.js";
import {
	ANSWERED,
	ASKED,
	adopted,
	again,
	at,
	channel,
	closed,
	effectsOf,
	fill,
	given,
	HELD,
	head,
	message,
	newest,
	opened,
	rejected,
	subscribed,
	TWICE,
} from "./channel-words.js";

const HOLED = given(TWICE, message(1, "e2:9"));
const DENIED = given(ASKED, rejected(1, 2, "forbidden"));

describe("an ephemeral message", () => {
	const both = given(ANSWERED, adopted(1), opened(2), subscribed(2, 3, "e2:5"));

	it("counts from the current link alone", () => {
		expect(effectsOf(both, message(2, null, "x"))).toEqual([]);
		expect(effectsOf(both, adopted(2), message(1, null, "x"))).toEqual([]);
		expect(effectsOf(both, adopted(2), message(2, null, "x"))).toEqual(["deliver x"]);
	});

	it("is delivered once, though both links bring it", () => {
		const brought = [message(1, null, "x"), adopted(2), message(2, null, "x")];
		expect(effectsOf(both, ...brought)).toEqual(["deliver x"]);
	});

	it("does not count before the link has answered, nor when it has gone", () => {
		const asked = given(HELD, opened(1), adopted(1));
		expect(effectsOf(asked, message(1, null, "x"))).toEqual([]);
		expect(effectsOf(both, closed(1), message(1, null, "x"))).toEqual([]);
	});

	it("leaves the position where it is", () => {
		expect(position(given(both, message(1, null, "x")))).toEqual(at("e2:5"));
	});
});

describe("a migration", () => {
	const both = given(ANSWERED, opened(2), subscribed(2, 3, "e2:5", "e2:7"));

	it("tells what both links bring apart by position", () => {
		const brought = [1, 2].flatMap((link) => [message(link, "e2:6"), message(link, "e2:7")]);
		expect(effectsOf(both, ...brought)).toEqual(["deliver m-e2:6", "deliver m-e2:7"]);
	});

	it("is settled for the channel once the new link has answered", () => {
		const asked = given(ANSWERED, opened(2));
		expect([isAnswered(asked, 1), isAnswered(asked, 2)]).toEqual([true, false]);
		expect(isAnswered(given(asked, subscribed(2, 3, "e2:5")), 2)).toBe(true);
		expect(isAnswered(given(asked, rejected(2, 3, "forbidden")), 2)).toBe(true);
		expect(isAnswered(given(asked, rejected(2, 3, "retry")), 2)).toBe(false);
	});
});

describe("a channel that does not recover", () => {
	const ticker = given(channel(null, "go-on"), opened(1), subscribed(1, 1, "e1:4"));

	it("goes on from now on a new connection, in a new epoch too", () => {
		const lost = given(ticker, closed(1));
		expect(effectsOf(lost, opened(2))).toEqual(["ask 2 on 2 from now"]);
		for (const start of ["e1:9", "e2:1"]) {
			const back = given(lost, opened(2), subscribed(2, 2, start));
			expect(position(back)).toEqual(at(start));
		}
	});

	it("keeps its position through a migration", () => {
		expect(effectsOf(ticker, opened(2))).toEqual(["ask 2 on 2 from e1:4"]);
	});

	it("keeps its position from poll to poll, or polling would never bring anything", () => {
		const polled = given(ticker, closed(1), opened(-1), subscribed(-1, 2, "e1:6"), closed(-1));
		expect(effectsOf(polled, opened(-2))).toEqual(["ask 3 on -2 from e1:6"]);
	});

	it("asks for what it held when the link itself shows a hole", () => {
		expect(effectsOf(ticker, message(1, "e1:9"))).toEqual(["ask 2 on 1 from e1:4"]);
	});

	it("is not moved back by a server that lags", () => {
		const back = given(ticker, closed(1), opened(2), subscribed(2, 2, "e1:3"));
		expect(effectsOf(back, message(2, "e1:4"), message(2, "e1:5"))).toEqual(["deliver m-e1:5"]);
	});
});

describe("polls", () => {
	it("share the position with a WebSocket that is open at the same time", () => {
		const both = given(HELD, opened(1), opened(-1), subscribed(-1, 3, "e2:5", "e2:7"));
		const brought = [message(-1, "e2:6"), message(-1, "e2:7"), closed(-1)];
		expect(effectsOf(both, ...brought)).toEqual(["deliver m-e2:6", "deliver m-e2:7"]);
		const answered = given(both, ...brought, subscribed(1, 2, "e2:5", "e2:7"));
		expect(effectsOf(answered, message(1, "e2:6"), message(1, "e2:8"))).toEqual(["deliver m-e2:8"]);
	});

	it("mark what they bring", () => {
		const state = given(HELD, opened(-1), subscribed(-1, 2, "e2:5", "e2:6"));
		const [, [effect]] = transition(state, message(-1, "e2:6"));
		expect(effect).toMatchObject({ message: { via: "polling", replayed: true } });
	});
});

describe("a delivered message", () => {
	it("carries what the frame carried, and where it came from", () => {
		const [, effects] = transition(ANSWERED, message(1, "e2:6", "x"));
		const shape = { channel: "c", id: "x", from: "ann", data: "x", at: 9, via: "websocket" };
		const expected = { ...shape, position: at("e2:6"), replayed: true };
		expect(effects).toEqual([{ type: "deliver", message: expected }]);
	});

	it("is a replayed one up to where the answer said the replay ends", () => {
		const flags = [6, 7, 8].map((offset) => {
			const before = fill(ANSWERED, "e2", 6, offset - 6);
			const [, [effect]] = transition(before, message(1, `e2:${offset}`));
			return effect?.type === "deliver" && effect.message.replayed;
		});
		expect(flags).toEqual([true, true, false]);
	});
});

describe("asking", () => {
	/** A broken log: whatever we ask, it answers that the replay is empty, and then sends a later message. */
	function askBrokenLog(rounds: number): { asks: number; defers: number } {
		let state = ANSWERED;
		let [asks, defers] = [0, 0];
		const feed = (input: ChannelInput): void => {
			const [next, effects] = transition(state, input);
			state = next;
			asks += effects.filter(({ type }) => type === "ask").length;
			defers += effects.filter(({ type }) => type === "defer").length;
		};
		for (let round = 0; round < rounds; round += 1) {
			feed(message(1, "e2:9"));
			feed(subscribed(1, newest(state), "e2:5"));
		}
		return { asks, defers };
	}

	it("never runs hot: the same hole is asked for once, then waits to be told", () => {
		expect(askBrokenLog(1_000)).toEqual({ asks: 1, defers: 1 });
	});

	it("goes on when it is told to, or when the head is reported again", () => {
		expect(effectsOf(HOLED, again(1))).toEqual(["ask 4 on 1 from e2:5"]);
		expect(effectsOf(HOLED, head(1, "e2:9"))).toEqual(["ask 4 on 1 from e2:5"]);
	});

	it("starts afresh once the position has moved", () => {
		const moved = given(TWICE, message(1, "e2:6"));
		expect(effectsOf(moved, message(1, "e2:9"))).toEqual(["ask 4 on 1 from e2:6"]);
	});

	it("is not repeated by a head while an answer is awaited", () => {
		expect(effectsOf(ASKED, head(1, "e2:9"), head(1, "e3:9"))).toEqual([]);
	});
});

describe("what a subscription shows", () => {
	const status = (state: ChannelState): string => subscriptionState(state).status;

	it("is subscribing until an answer, and again when the WebSocket is lost", () => {
		expect([ASKED, ANSWERED, given(ANSWERED, closed(1))].map(status)).toEqual([
			"subscribing",
			"subscribed",
			"subscribing",
		]);
	});

	it("is subscribed through a migration, and between one poll and the next", () => {
		const both = given(ANSWERED, opened(2), subscribed(2, 3, "e2:5"), closed(1));
		const polled = given(HELD, opened(-1), subscribed(-1, 2, "e2:5"), closed(-1));
		expect([both, polled].map(status)).toEqual(["subscribed", "subscribed"]);
	});

	it("does not flicker when a dial that never answered dies while polling works", () => {
		const polled = given(HELD, opened(-1), subscribed(-1, 2, "e2:5"), closed(-1));
		expect(status(given(polled, opened(3), closed(3)))).toBe("subscribed");
	});

	it("is denied with its cause, told once, until a link is answered", () => {
		const denied = DENIED;
		expect(subscriptionState(denied)).toMatchObject({ cause: { code: "forbidden" } });
		const next = [closed(1), opened(2), rejected(2, 3, "invalid")];
		expect(effectsOf(denied, ...next)).toEqual(["ask 3 on 2 from e2:5"]);
		expect(status(given(denied, ...next))).toBe("denied");
		expect(status(given(denied, opened(2), subscribed(2, 3, "e2:5")))).toBe("subscribed");
	});

	it("is denied when a permission is taken back, unless another link is answered", () => {
		const taken = given(ANSWERED, rejected(1, 2, "forbidden"));
		expect(subscriptionState(taken)).toMatchObject({
			status: "denied",
			cause: { code: "forbidden" },
		});
		const both = given(ANSWERED, opened(2), subscribed(2, 3, "e2:5"));
		const first = given(both, rejected(1, 2, "forbidden"));
		expect(status(first)).toBe("subscribed");
		expect(effectsOf(first, message(2, "e2:6"))).toHaveLength(1);
		expect(status(given(first, rejected(2, 3, "forbidden")))).toBe("denied");
	});

	it("is the same object for as long as it says the same", () => {
		const before = subscriptionState(ANSWERED);
		expect(subscriptionState(given(ANSWERED, message(1, "e2:6")))).toBe(before);
		expect(subscriptionState(given(ANSWERED, opened(2)))).toBe(before);
	});

	it("is open while any link is", () => {
		expect([HELD, ASKED].map(isOpen)).toEqual([false, true]);
	});
});
