import { describe, expect, it } from "vitest";
import { type ChannelState, initialChannel, position } from "../../src/channels/channel.js";
import type { ChannelInput } from "../../src/channels/contract.js";
import {
	ANSWERED,
	ASK,
	ASKED,
	at,
	channel,
	closed,
	effectsOf,
	fill,
	gap,
	given,
	HELD,
	head,
	message,
	newest,
	opened,
	subscribed,
} from "./channel-words.js";

describe("where a channel starts", () => {
	it("takes the start that the server names when the app named none", () => {
		const state = given(channel(), opened(1), subscribed(1, 1, "e1:4"));
		expect(position(channel())).toBeNull();
		expect(position(state)).toEqual(at("e1:4"));
		expect(effectsOf(state, message(1, "e1:5"))).toEqual(["deliver m-e1:5"]);
	});

	it.each([
		["earliest" as const, '"earliest"', "e1:0"],
		[{ last: 3 }, '{"last":3}', "e1:1"],
	])("asks for %j and takes the start of the replay", (from, words, start) => {
		const state = channel(from);
		expect(effectsOf(state, opened(1))).toEqual([`ask 1 on 1 from ${words}`]);
		const answered = given(state, opened(1), subscribed(1, 1, start, "e1:4"));
		expect(position(answered)).toEqual(at(start));
	});

	it("asks anew in the app's words until the first answer, then from where it is", () => {
		const state = given(channel({ last: 3 }), opened(1), closed(1));
		expect(effectsOf(state, opened(2))).toEqual(['ask 2 on 2 from {"last":3}']);
		const begun = given(state, opened(2), subscribed(2, 2, "e1:4"), closed(2));
		expect(effectsOf(begun, opened(3))).toEqual(["ask 3 on 3 from e1:4"]);
	});

	it("asks again, and skips nothing, when two links were asked before either answered", () => {
		const both = given(channel(), opened(1), opened(2), subscribed(1, 1, "e1:4"));
		expect(effectsOf(both, subscribed(2, 2, "e1:6"))).toEqual(["ask 3 on 2 from e1:4"]);
		expect(effectsOf(both, subscribed(2, 2, "e1:4"))).toEqual([]);
	});

	it("gives up a position that belongs to another deployment, at its first answer", () => {
		const foreign = given(channel(at("e9:7")), opened(1), subscribed(1, 1, "e2:3"));
		expect(effectsOf(foreign, gap(1, "e2:3"), message(1, "e2:4"))).toEqual([
			"gap unknown",
			"deliver m-e2:4",
		]);
	});

	it("holds on to a position that a server has confirmed, whatever an older log says", () => {
		const confirmed = given(channel(at("e9:7")), opened(1), subscribed(1, 1, "e9:7"), closed(1));
		const stale = given(confirmed, opened(2), subscribed(2, 2, "e2:3"));
		expect(effectsOf(stale, gap(2, "e2:3"), message(2, "e2:4"), head(2, "e2:9"))).toEqual([]);
		expect(position(stale)).toEqual(at("e9:7"));
	});
});

describe("an answer", () => {
	it("counts only with the id of the newest ask on its link", () => {
		const asked = given(HELD, opened(1), opened(1));
		const early = given(asked, subscribed(1, 2, "e2:5"));
		expect(early).toBe(asked);
		expect(effectsOf(early, message(1, "e2:6"))).toEqual([]);
	});

	it("never has the id of an earlier ask, on whichever link", () => {
		const state = given(HELD, opened(1), closed(1), opened(-1), closed(-1), opened(2));
		expect(state.lastAskId).toBe(4 * ASK);
	});

	it("has an id that no other lane of the client uses", () => {
		const other = initialChannel("d", { from: null, recover: true, lane: 3 });
		expect(given(other, opened(1)).lastAskId).toBe(ASK + 3);
	});

	it("is awaited again after a hole: what comes between does not count", () => {
		const asked = given(ANSWERED, message(1, "e2:8"));
		expect(effectsOf(asked, message(1, "e2:6"), message(1, "e2:7"))).toEqual([]);
		const replayed = [subscribed(1, 3, "e2:5", "e2:8"), message(1, "e2:6"), message(1, "e2:7")];
		expect(effectsOf(asked, ...replayed)).toEqual(["deliver m-e2:6", "deliver m-e2:7"]);
	});
});

describe("a gap", () => {
	it("does not count when another link has moved us since the ask, and leads no further", () => {
		const both = given(ANSWERED, opened(2), message(1, "e2:6"), subscribed(2, 3, "e2:5"));
		expect(effectsOf(both, gap(2, "e2:6"))).toEqual([]);
	});

	it("is asked again when another link has moved us since the ask, and it leads further", () => {
		const both = given(ANSWERED, opened(2), message(1, "e2:6"), subscribed(2, 3, "e2:5"));
		expect(effectsOf(both, gap(2, "e2:8"))).toEqual(["ask 4 on 2 from e2:6"]);
		expect(effectsOf(both, gap(2, "e3:0"))).toEqual(["ask 4 on 2 from e2:6"]);
	});

	it("is told once when both links of a migration tell of it", () => {
		const both = given(ASKED, opened(2), subscribed(1, 2, "e2:5"), subscribed(2, 3, "e2:5"));
		expect(effectsOf(both, gap(1, "e3:0"), gap(2, "e3:0"))).toEqual(["gap unknown"]);
	});

	it("is not told to a channel that does not recover, which moves on all the same", () => {
		const ticker = given(channel(at("e2:5"), "go-on"), opened(1), subscribed(1, 1, "e2:5"));
		expect(effectsOf(ticker, gap(1, "e2:9"), message(1, "e2:10"))).toEqual(["deliver m-e2:10"]);
	});
});

describe("a message that was delivered before", () => {
	const replay = [gap(1, "e3:0"), message(1, "e3:1", "m-e2:6"), message(1, "e3:2", "new")];

	it("is not delivered again in a new epoch, and the position moves past it", () => {
		const had = given(ANSWERED, message(1, "e2:6"), closed(1), opened(1), subscribed(1, 3, "e2:6"));
		expect(effectsOf(had, ...replay)).toEqual(["gap unknown", "deliver new"]);
		expect(position(given(had, ...replay))).toEqual(at("e3:2"));
	});

	it("is known by its publisher too: the same id of another one is another message", () => {
		const had = given(ANSWERED, message(1, "e2:6"), closed(1), opened(1), subscribed(1, 3, "e2:6"));
		const input = message(1, "e3:1", "m-e2:6") as Extract<ChannelInput, { type: "message" }>;
		const others = { ...input, frame: { ...input.frame, from: "bob" } };
		expect(effectsOf(had, gap(1, "e3:0"), others)).toEqual(["gap unknown", "deliver m-e2:6"]);
	});

	it("is still known after it came again: the next break repeats it from there", () => {
		let state = given(ANSWERED, message(1, "e2:6"));
		state = reopen(state, "e3:0");
		state = fill(state, "e3", 1, 900);
		state = reopen(state, "e4:0");
		state = given(state, message(1, "e4:1", "m-e2:6"));
		state = fill(state, "e4", 2, 200);
		state = reopen(state, "e5:0");
		expect(effectsOf(state, message(1, "e5:1", "m-e2:6"))).toEqual([]);
	});

	it("is known among the last thousand, and after a thousand new ones it is new itself", () => {
		const state = reopen(given(ANSWERED, message(1, "e2:6")), "e3:0");
		expect(effectsOf(fill(state, "e3", 1, 999), message(1, "e3:1000", "m-e2:6"))).toEqual([]);
		const late = effectsOf(fill(state, "e3", 1, 1_000), message(1, "e3:1001", "m-e2:6"));
		expect(late).toEqual(["deliver m-e2:6"]);
	});
});

/** The log broke: the link comes back and is told so. */
function reopen(state: ChannelState, to: string): ChannelState {
	const asked = given(state, closed(1), opened(1));
	const { epoch, offset } = position(asked) ?? at("e0:0");
	return given(asked, subscribed(1, newest(asked), `${epoch}:${offset}`, to), gap(1, to));
}
