import { describe, expect, it } from "vitest";
import {
	type Line,
	type LineEffect,
	type LineInput,
	NO_LINE,
	transition,
} from "../../src/share/line.js";
import type { Position, StartAt } from "../../src/protocol/position.js";
import { seededRandom } from "../../src/testing.js";

const at = (offset: number, epoch = "a"): Position => ({ epoch, offset });

class Told {
	line: Line = NO_LINE;
	effects: readonly LineEffect[] = [];
	ids = 0;

	given(...inputs: readonly LineInput[]): this {
		for (const input of inputs) {
			[this.line, this.effects] = transition(this.line, input, this.ids + 1);
			this.ids = Math.max(this.ids, this.line.lastId);
		}
		return this;
	}

	asked(tab: string, id: number, from: StartAt): this {
		return this.given({ type: "asked", tab, id, from });
	}

	answered(start: Position, position: Position): this {
		const id = this.line.lastId;
		const frame = {
			type: "subscribed",
			id,
			channel: "c",
			start,
			position,
			recovered: true,
		} as const;
		return this.given({ type: "answered", frame });
	}

	get said(): readonly string[] {
		return this.effects.map((effect) => {
			switch (effect.type) {
				case "ask-server":
					return `ask ${effect.id} from ${JSON.stringify(effect.from)}`;
				case "answer":
					return `answer ${effect.tab} ${effect.id}: ${effect.start.offset} to ${effect.position.offset}`;
				case "refuse":
					return `refuse ${effect.tab} ${effect.id} ${effect.code}`;
				case "leave-server":
					return `leave ${effect.id}`;
				default:
					return effect satisfies never;
			}
		});
	}
}

const live = (): Told => new Told().asked("x", 7, null).answered(at(5), at(5));

describe("a channel that tabs share", () => {
	it.each<[string, () => Told, readonly string[]]>([
		[
			"asks the server for the first that listens",
			() => new Told().asked("x", 7, null),
			["ask 1 from null"],
		],
		["answers who asked, by its own number", live, ["answer x 7: 5 to 5"]],
		['answers "now" from where it is', () => live().asked("y", 9, null), ["answer y 9: 5 to 5"]],
		[
			"answers a tab that is where it is",
			() => live().asked("y", 9, at(5)),
			["answer y 9: 5 to 5"],
		],
		[
			"asks the server for a tab that is behind",
			() => live().asked("y", 9, at(2)),
			['ask 2 from {"epoch":"a","offset":2}'],
		],
		[
			"asks the server for a tab of another epoch",
			() => live().asked("y", 9, at(5, "b")),
			['ask 2 from {"epoch":"b","offset":5}'],
		],
		["asks one thing at a time", () => live().asked("y", 9, at(2)).asked("z", 4, at(1)), []],
		[
			"asks the next when the first is answered and replayed",
			() =>
				live()
					.asked("y", 9, at(2))
					.asked("z", 4, at(1))
					.answered(at(2), at(5))
					.given(
						{ type: "moved", to: at(3) },
						{ type: "moved", to: at(4) },
						{ type: "moved", to: at(5) },
					),
			['ask 3 from {"epoch":"a","offset":1}'],
		],
		[
			"does not give the past to who asked for now",
			() => live().asked("y", 9, at(2)).asked("z", 4, null).answered(at(2), at(5)),
			["answer y 9: 2 to 5"],
		],
		[
			"answers that one when the past is told",
			() =>
				live()
					.asked("y", 9, at(2))
					.asked("z", 4, null)
					.answered(at(2), at(5))
					.given({ type: "moved", to: at(5) }),
			["answer z 4: 5 to 5"],
		],
		[
			"answers all who asked for the same",
			() =>
				new Told()
					.asked("x", 1, null)
					.asked("y", 2, "earliest")
					.asked("z", 3, "earliest")
					.answered(at(9), at(9))
					.answered(at(0), at(9)),
			["answer y 2: 0 to 9", "answer z 3: 0 to 9"],
		],
		[
			"tells of a refusal who asked, and asks for the next",
			() =>
				new Told()
					.asked("x", 1, null)
					.asked("y", 2, "earliest")
					.given({ type: "refused", id: 1, code: "forbidden" }),
			["refuse x 1 forbidden", 'ask 2 from "earliest"'],
		],
		[
			"lets nobody wait for who has gone",
			() => live().asked("y", 9, at(2)).asked("z", 4, at(1)).given({ type: "left", tab: "y" }),
			['ask 3 from {"epoch":"a","offset":1}'],
		],
		["leaves when the last has left", () => live().given({ type: "left", tab: "x" }), ["leave 1"]],
		[
			"stays while another listens",
			() => live().asked("y", 9, null).given({ type: "left", tab: "x" }),
			[],
		],
		[
			"ignores an answer to an older ask",
			() =>
				live()
					.asked("y", 9, at(2))
					.given({
						type: "answered",
						frame: {
							type: "subscribed",
							id: 1,
							channel: "c",
							start: at(0),
							position: at(0),
							recovered: true,
						},
					}),
			[],
		],
	])("%s", (_, make, said) => {
		expect(make().said).toEqual(said);
	});

	it("answers every tab that stays, once for its newest ask, however the asks come: 5,000 histories", () => {
		const random = seededRandom(7);
		const pick = (n: number): number => Math.floor(random() * n);
		for (let history = 0; history < 5_000; history += 1) {
			const told = new Told();
			const open = new Map<string, number>();
			let head = 10;
			const heed = (): void => {
				for (const effect of told.effects)
					if (effect.type === "answer" || effect.type === "refuse") {
						expect(open.get(effect.tab)).toBe(effect.id);
						open.delete(effect.tab);
					}
			};
			for (let step = 0; step < 40; step += 1) {
				const tab = `tab ${pick(4)}`;
				const draw = random();
				if (draw < 0.4) {
					open.set(tab, step + 1);
					told.asked(
						tab,
						step + 1,
						[null, "earliest", at(pick(head)), { last: 2 }][pick(4)] as StartAt,
					);
				} else if (draw < 0.5) {
					open.delete(tab);
					told.given({ type: "left", tab });
				} else if (draw < 0.75 && told.line.asking !== null)
					told.answered(at(pick(head)), at(head));
				else if (draw < 0.8 && told.line.asking !== null)
					told.given({ type: "refused", id: told.line.asking.id, code: "retry" });
				else {
					head += 1;
					told.given({ type: "moved", to: at(head) });
				}
				heed();
			}
			// The server answers at last, and its log is told to the end.
			for (let n = 0; n < 12; n += 1) {
				if (told.line.asking !== null) {
					told.answered(at(1), at(head));
					heed();
				}
				told.given({ type: "moved", to: at(head) });
				heed();
			}
			expect([...open.keys()].filter((tab) => told.line.tabs.includes(tab))).toEqual([]);
		}
	});
});
