/* The ledger: what it counts, and that it can count at all. */
import { describe, expect, it } from "vitest";
import type { LedgerEvent } from "../../playground/edge/control/contract.js";
import { LATE_MS, Ledger, LOST_MS } from "../../playground/edge/ledger.js";

const EPOCH = "e";
const CHANNEL = "room";

interface Rig {
	readonly ledger: Ledger;
	at: number;
	readonly tell: (client: string, ...events: readonly LedgerEvent[]) => void;
}

/** Ada and Lin are there since 10. */
function rig(): Rig {
	const world = { at: 100 };
	const ledger = new Ledger(() => world.at);
	const tell: Rig["tell"] = (client, ...events) => ledger.take({ client, events });
	for (const client of ["ada", "lin"]) tell(client, { is: "subscribed", channel: CHANNEL, at: 10 });
	return Object.assign(world, { ledger, tell });
}

const receipt = (offset: number, over: Partial<{ beganAt: number; at: number }> = {}) =>
	({
		is: "receipt",
		channel: CHANNEL,
		id: `m${offset}`,
		offset,
		epoch: EPOCH,
		beganAt: 50,
		at: 100,
		...over,
	}) as const;
const delivered = (offset: number, over: Partial<{ id: string; at: number }> = {}) =>
	({
		is: "delivered",
		channel: CHANNEL,
		id: `m${offset}`,
		offset,
		epoch: EPOCH,
		at: 100,
		...over,
	}) as const;

const FLAWLESS = { lost: 0, repeated: 0, outOfOrder: 0, late: 0, altered: 0, pending: 0 };

describe("the ledger", () => {
	it("reads nothing but zeros when everybody has everything, whichever is told first", () => {
		const { ledger, tell } = rig();
		tell("ada", receipt(1), delivered(1));
		tell("lin", delivered(1), delivered(2));
		tell("ada", delivered(2), receipt(2));
		expect(ledger.state).toMatchObject({ ...FLAWLESS, stored: 2, delivered: 4, clients: 2 });
	});

	it("waits for what is owed, and calls it lost after a minute", () => {
		const world = rig();
		world.tell("ada", receipt(1), delivered(1));
		expect(world.ledger.state).toMatchObject({ pending: 1, lost: 0 });
		world.at += LOST_MS + 1;
		expect(world.ledger.state).toMatchObject({ pending: 0, lost: 1 });
		world.tell("lin", delivered(1, { at: world.at }));
		expect(world.ledger.state).toMatchObject({ pending: 0, lost: 0, late: 1 });
	});

	it("calls lost at once what was skipped, and out of order what comes after all", () => {
		const { ledger, tell } = rig();
		for (const offset of [1, 2, 3]) tell("ada", receipt(offset), delivered(offset));
		tell("lin", delivered(1), delivered(3));
		expect(ledger.state).toMatchObject({ lost: 1, pending: 0 });
		tell("lin", delivered(2));
		expect(ledger.state).toMatchObject({ ...FLAWLESS, outOfOrder: 1 });
	});

	it("counts what comes twice, and what is another message than the receipt's", () => {
		const { ledger, tell } = rig();
		tell("ada", receipt(1), delivered(1));
		tell("lin", delivered(1), delivered(1));
		expect(ledger.state).toMatchObject({ repeated: 1, altered: 0 });
		tell("ada", receipt(2), delivered(2));
		tell("lin", delivered(2, { id: "other" }));
		expect(ledger.state).toMatchObject({ altered: 1 });
	});

	it("counts what took longer than half a minute, and nothing else, as late", () => {
		const { ledger, tell } = rig();
		tell("ada", receipt(1), receipt(2), delivered(1), delivered(2));
		tell("lin", delivered(1, { at: 100 + LATE_MS }));
		expect(ledger.state).toMatchObject({ late: 0 });
		tell("lin", delivered(2, { at: 101 + LATE_MS }));
		expect(ledger.state).toMatchObject({ late: 1, lost: 0 });
	});

	it("asks nobody for what was said before he came, or after he left; what he skipped stays", () => {
		const { ledger, tell } = rig();
		tell("eve", { is: "subscribed", channel: CHANNEL, at: 60 });
		tell("ada", receipt(1), delivered(1));
		tell("lin", delivered(1));
		expect(ledger.state).toMatchObject({ ...FLAWLESS, clients: 3 });
		for (const offset of [2, 3, 4])
			tell("ada", receipt(offset, { beganAt: 70 }), delivered(offset));
		tell("lin", delivered(2), delivered(3), delivered(4));
		tell("eve", delivered(2), delivered(4));
		expect(ledger.state).toMatchObject({ lost: 1 });
		ledger.leave("eve");
		expect(ledger.state).toMatchObject({ lost: 1, pending: 0, clients: 2 });
	});

	it("counts apart what was not stored", () => {
		const { ledger, tell } = rig();
		tell("ada", { ...receipt(1), offset: null, epoch: null });
		expect(ledger.state).toMatchObject({ ...FLAWLESS, stored: 0, unstored: 1 });
	});
});
