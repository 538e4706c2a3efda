/* One text for everything that a value can reach, so that equal states are told by equal texts. */

/** Code, constants and counters that decide nothing. */
const SKIPPED = new Set([
	..."_clock _logger _settings settings _options signal clock stats _stats limits rights".split(
		" ",
	),
	..."_access _http _bucket _bufferedBytes _flusher flusher _limit _batchBytes _random".split(" "),
]);

/** Instants. Which of two came first decides nothing in these worlds, only what lies an age back. */
const INSTANTS = new Set(
	"at storedAt queuedAt firstSentAt sentAt heardAt readAt expiresAt wakeAt until arrivedAt busySince _turnedAt _timerAt".split(
		" ",
	),
);

/** Beyond all that a log remembers; what else passes is far less. */
export const AGE_MS = 2e9;
export const WALL = 1_700_000_000_000;

export function age(instant: number): number {
	return Math.floor((instant >= WALL ? instant - WALL : instant) / AGE_MS);
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
		this.#seen.set(value, this.#seen.size);
		if (value instanceof Promise) this.text += "p,";
		else if (value instanceof Set) this.#writeAll([...value]);
		else if (value instanceof Map) this.#writeAll([...value].flat());
		else if (isQueue(value)) this.#writeAll(value._items.slice(value._begin));
		else if (this.#writeFields(value) === "flat") this.#seen.delete(value);
	}

	#writeAll(values: readonly unknown[]): void {
		this.text += "[";
		for (const value of values) this.write(value);
		this.text += "]";
	}

	#writeFields(value: object): "flat" | "deep" {
		let shape: "flat" | "deep" = "flat";
		this.text += "{";
		for (const key of keysOf(value)) {
			const field = (value as Readonly<Record<string, unknown>>)[key];
			if (typeof field === "object" && field !== null) shape = "deep";
			this.text += `${key}:`;
			this.write(typeof field === "number" && INSTANTS.has(key) ? age(field) : field);
		}
		this.text += "}";
		return shape;
	}
}

/** Every instance of a class has the fields of the class. */
const keysOfClass = new Map<object, readonly string[]>();

function keysOf(value: object): readonly string[] {
	const prototype: object | null = Object.getPrototypeOf(value);
	const known = prototype === null ? undefined : keysOfClass.get(prototype);
	if (known !== undefined) return known;
	const keys = Object.keys(value).filter((key) => !SKIPPED.has(key));
	if (prototype !== null && prototype !== Object.prototype) keysOfClass.set(prototype, keys);
	return keys;
}

/** How far a queue has been worked off is no state, only what is left of it. */
function isQueue(value: object): value is { _items: unknown[]; _begin: number } {
	return "_items" in value && "_begin" in value;
}
