/* What came as JSON to an action, or to what is wrong with it, in words. */
import { AUTOMATIONS, SERVICES } from "../drain/contract.js";
import { isStep } from "../drain/policy.js";
import type { Action, ActionName } from "./contract.js";

/** What a field must be, for people; and whether a value is. */
interface Field {
	readonly is: string;
	readonly fits: (value: unknown) => boolean;
}

const text: Field = { is: "a short text", fits: (v) => typeof v === "string" && v.length <= 64 };
const truth: Field = { is: "true or false", fits: (v) => typeof v === "boolean" };
const count: Field = {
	is: "a whole number from 0",
	fits: (v) => Number.isInteger(v) && (v as number) >= 0,
};
const ms: Field = {
	is: "milliseconds, from 0 to 600000",
	fits: (v) => typeof v === "number" && v >= 0 && v <= 600_000,
};
const oneOf = (...values: readonly unknown[]): Field => ({
	is: `one of ${values.map((value) => JSON.stringify(value)).join(", ")}`,
	fits: (value) => values.includes(value),
});
const orMissing = ({ is, fits }: Field): Field => ({
	is: `${is}, or missing`,
	fits: (value) => value === undefined || fits(value),
});
const rate: Field = {
	is: "a positive number, or null",
	fits: (v) => v === null || (typeof v === "number" && v > 0 && v <= 100_000),
};
const share: Field = {
	is: "from 0 to 1",
	fits: (v) => typeof v === "number" && v >= 0 && v <= 1,
};
const crowd: Field = {
	is: "a whole number from 0 to 2000",
	fits: (v) => count.fits(v) && (v as number) <= 2_000,
};
const role = oneOf("primary", "backup");
const link = oneOf("clients", "main");

const CONDITIONS: Readonly<Record<string, Field>> = {
	door: oneOf("open", "reset", "silent", "closed"),
	links: oneOf("pass", "black-hole", "half-open"),
	delayMs: ms,
	lossShare: share,
};
const CDN_FAULTS =
	"none error not-found slow drip truncated cut-off corrupt wrong-type html redirect no-cors silent refuse black-hole tls-error";

const conditions: Field = {
	is: `some of ${describe(CONDITIONS)}`,
	fits: (v) =>
		isObject(v) &&
		Object.keys(v).length > 0 &&
		Object.entries(v).every(([name, value]) => CONDITIONS[name]?.fits(value) ?? false),
};
const faultOf = (names: string): Field => ({
	is: `{ "is": one of ${names.split(" ").join(", ")}, … }`,
	fits: (v) =>
		isObject(v) &&
		typeof v.is === "string" &&
		names.split(" ").includes(v.is) &&
		Object.entries(v).every(([name, value]) => name === "is" || isFaultDetail(name, value)),
});

const drainOrder = {
	pop: orMissing(text),
	zone: orMissing(text),
	service: orMissing(oneOf(...SERVICES)),
	stepPercent: orMissing({ is: "a whole number from 1 to 100", fits: (v) => isStep(v as number) }),
	everyMs: orMissing(ms),
};

const FIELDS: Readonly<Record<ActionName, Readonly<Record<string, Field>>>> = {
	"kill-pop": { pop: text },
	"restore-pop": { pop: text },
	"drain-pop": { pop: text, withinMs: ms },
	"set-conditions": { pop: text, link, conditions },
	cut: { pop: text, link },
	"set-upgrades": { pop: text, upgrades: oneOf("pass", "refuse", "swallow") },
	"set-checks": { pop: text, checks: oneOf("pass", "fail") },
	"kill-gateway": { pop: text, gateway: count },
	"restore-gateway": { pop: text, gateway: count },
	deploy: { pop: text, withinMs: ms },
	"replace-proxy": { pop: text, withinMs: ms },
	"reload-proxy": { pop: text },
	"restart-servers": { pop: text },
	crowd: { pop: text, boots: crowd, others: crowd },
	"allow-boots": { pop: text, share },
	"set-name": { name: role, up: truth },
	"set-api": { up: truth },
	"flip-dns": { pop: text, up: oneOf(true, false, "auto") },
	"fault-dns": { fault: faultOf("none silent servfail late") },
	"fault-cdn": { cdn: role, fault: faultOf(CDN_FAULTS), pattern: orMissing(text) },
	"heal-cdn": { cdn: role },
	"set-window": { acceptRate: rate },
	"resize-fleet": { clients: count },
	"sleep-fleet": { ms: { is: "milliseconds, from 1 to 60000", fits: isNap } },
	"show-certificate": { pop: text, certificate: oneOf("good", "expired") },
	drain: { ...drainOrder, reason: orMissing({ is: "a text", fits: isReason }) },
	undrain: drainOrder,
	migrate: {},
	"roll-back": {},
	"set-automation": { automation: oneOf(...AUTOMATIONS) },
	heal: {},
};

/** Throws with what is wrong, and what would be right. */
export function readAction(value: unknown): Action {
	if (!isObject(value)) throw new TypeError('An action is an object such as { "do": "heal" }.');
	const { do: name, ...given } = value;
	const fields =
		typeof name === "string" && Object.hasOwn(FIELDS, name) ? FIELDS[name as ActionName] : null;
	if (fields === null)
		throw new TypeError(
			`"do" is ${oneOf(...Object.keys(FIELDS)).is}; not ${JSON.stringify(name)}.`,
		);
	for (const [key, { is, fits }] of Object.entries(fields))
		if (!fits(given[key])) throw new TypeError(`"${key}" of "${name}" is ${is}.`);
	const unknown = Object.keys(given).find((key) => !Object.hasOwn(fields, key));
	if (unknown !== undefined)
		throw new TypeError(`"${name}" has no "${unknown}": it takes ${describe(fields)}.`);
	return value as unknown as Action;
}

function isNap(value: unknown): boolean {
	return typeof value === "number" && value >= 1 && value <= 60_000;
}

function isReason(value: unknown): boolean {
	return typeof value === "string" && value.length <= 200;
}

function isFaultDetail(name: string, value: unknown): boolean {
	if (name === "to") return typeof value === "string" && URL.canParse(value);
	const isNumber = typeof value === "number" && value > 0 && value <= 600_000;
	return isNumber && ["ms", "status", "bytesPerSecond"].includes(name);
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(fields: Readonly<Record<string, Field>>): string {
	const all = Object.entries(fields).map(([name, { is }]) => `${name} (${is})`);
	return all.length === 0 ? "nothing" : all.join(", ");
}
