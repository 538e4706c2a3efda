/* What a page says that it sent and saw, checked: it goes into the ledger beside the fleet's. */
import type { LedgerEvent, LedgerReport } from "./contract.js";

const MOST_EVENTS = 1_000;
type Check = (value: unknown) => boolean;

const isText: Check = (v) => typeof v === "string" && v.length > 0 && v.length <= 256;
const isInstant: Check = (v) => typeof v === "number" && Number.isFinite(v);
const isOffset: Check = (v) => Number.isInteger(v) && (v as number) >= 1;
const orNull =
	(check: Check): Check =>
	(v) =>
		v === null || check(v);

const EVENTS: Readonly<Record<LedgerEvent["is"], Readonly<Record<string, Check>>>> = {
	subscribed: { channel: isText, at: isInstant },
	left: { channel: isText },
	receipt: {
		channel: isText,
		id: isText,
		offset: orNull(isOffset),
		epoch: orNull(isText),
		beganAt: isInstant,
		at: isInstant,
	},
	delivered: { channel: isText, id: isText, offset: isOffset, epoch: isText, at: isInstant },
	gap: { channel: isText },
};

/** A name that a page may report for: none of the fleet's. */
export const isReporter = (client: unknown): boolean =>
	isText(client) && !String(client).startsWith("fleet-");

/** Throws with what is wrong. */
export function readReport(value: unknown): LedgerReport {
	const { client, events } = Object(value) as Partial<LedgerReport>;
	if (!isReporter(client)) throw new TypeError('"client" is a name, and none of the fleet\'s.');
	if (!Array.isArray(events) || events.length > MOST_EVENTS)
		throw new TypeError(`"events" is a list of at most ${MOST_EVENTS}.`);
	for (const [at, event] of events.entries()) {
		const { is } = Object(event) as { is?: string };
		const checks =
			is !== undefined && Object.hasOwn(EVENTS, is) ? EVENTS[is as LedgerEvent["is"]] : null;
		if (checks === null)
			throw new TypeError(`events[${at}].is is one of ${Object.keys(EVENTS).join(", ")}.`);
		const wrong = Object.entries(checks).find(([name, fits]) => !fits(event[name]));
		if (wrong !== undefined)
			throw new TypeError(`events[${at}].${wrong[0]} is not what it should be.`);
	}
	return value as LedgerReport;
}
