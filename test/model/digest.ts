/* One text for everything that a value can reach, so that equal states are told by equal texts. */

/** Code, constants and counters that decide nothing. */
const SKIPPED = new Set([
	..."_clock _logger _settings settings _options signal clock stats _stats limits rights".split(
		" ",
	),
	// Options, the same in every state.
	..."retain _retain _ms beat dedupeMs _batchLength _socket".split(" "),
	..."_access _http _bucket _bufferedBytes _flusher flusher _limit _batchBytes _random".split(" "),
]);

/** Instants. Which of two came first decides nothing in these worlds, only what lies an age back. */
const INSTANTS = new Set(
	"at storedAt queuedAt firstSentAt sentAt heardAt readAt expiresAt wakeAt until arrivedAt busySince _turnedAt _timerAt".split(
		" ",
	),
);

/** Beyond all that a log remembers. */
export const AGE_MS = 2e9;
/** Beyond a short time to live, and within what a log remembers, even if it passes twice. */
export const EXPIRE_MS = 2e8;
/** What else passes does not add up to this. */
const GRAIN_MS = 1e8;
export const WALL = 1_700_000_000_000;

export function age(instant: number): number {
	return Math.floor((instant >= WALL ? instant - WALL : instant) / GRAIN_MS);
}

export function digest(root: unknown): string {
	const writer = new Writer();
	writer.write(root);
	return writer.text;
}

class Writer {
	text = "";
	/** Of what may lie on a cycle; what holds nothing but values is compared as a value. */
	readonly #seen = new Map<object, number>();

	write(value: unknown): void {
		if (typeof value === "string") this.text += `${value},`;
		else if (typeof value === "function") this.text += "f,";
		else if (typeof value !== "object" || value === null) this.text += `${value},`;
		else if (Array.isArray(value)) this.#writeAll(value);
		else this.#writeObject(value);
	}

	#writeObject(value: object): void {
		const known = this.#seen.get(value);
		if (known !== undefined) {
			this.text += `@${known},`;
			return;
		}
		if (isPlain(value)) return this.#writeFields(value, Object.keys(value));
		this.#seen.set(value, this.#seen.size);
		if (value instanceof Promise) this.text += "p,";
		else if (value instanceof Set) this.#writeAll([...value]);
		else if (value instanceof Map) this.#writeAll([...value].flat());
		else if (isQueue(value)) this.#writeAll(value._items.slice(value._begin));
		else this.#writeFields(value, keysOf(value));
	}

	#writeAll(values: readonly unknown[]): void {
		this.text += "[";
		for (const value of values) this.write(value);
		this.text += "]";
	}

	/** Nothing but objects with objects in them can lie on a cycle. */
	#writeFields(value: object, keys: readonly string[]): void {
		const fields = value as Readonly<Record<string, unknown>>;
		this.text += "{";
		for (const key of keys) {
			const field = fields[key];
			if (typeof field === "function" || SKIPPED.has(key)) continue;
			this.text += `${key}:`;
			if (typeof field === "number" && INSTANTS.has(key)) this.text += `${age(field)},`;
			else {
				if (typeof field === "object" && field !== null && !this.#seen.has(value))
					this.#seen.set(value, this.#seen.size);
				this.write(field);
			}
		}
		this.text += "}";
	}
}

function isPlain(value: object): boolean {
	return value.constructor === Object || value.constructor === undefined;
}

/** Every instance of a class has the fields of the class. */
const keysOfClass = new Map<object, readonly string[]>();

function keysOf(value: object): readonly string[] {
	const known = keysOfClass.get(value.constructor);
	if (known !== undefined) return known;
	const keys = Object.keys(value).filter((key) => !SKIPPED.has(key));
	keysOfClass.set(value.constructor, keys);
	return keys;
}

/** How far a queue has been worked off is no state, only what is left of it. */
function isQueue(value: object): value is { _items: unknown[]; _begin: number } {
	return "_items" in value && "_begin" in value;
}
