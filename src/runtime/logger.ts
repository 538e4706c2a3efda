import type { Logger } from "./runtime.js";

/** From the most talkative to the gravest. */
export type LogLevel = "debug" | "info" | "warn" | "error";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * Fields whose text is printed. Tokens and payloads have no name here, so no call can leak one;
 * numbers and truth values of any name are printed, everything else becomes its kind.
 */
const TEXTS: ReadonlySet<string> = new Set(
	"cause code endpoint from identity kind label level mode name reason role status to".split(" "),
);

const ignore = (): void => {};

/** Says nothing. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Prints `level` and what is graver, with known fields only: neither tokens nor payloads nor URL queries. */
export function consoleLogger(level: LogLevel): Logger {
	const logger = { ...silentLogger };
	for (const each of LEVELS.slice(LEVELS.indexOf(level))) {
		logger[each] = (event, fields = {}) => console[each](`[holdfast] ${event}`, redact(fields));
	}
	return logger;
}

/** What may be printed of a log call's fields. */
export function redact(fields: object): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(fields).map(([name, value]) => [name, redactValue(name, value)]),
	);
}

function redactValue(name: string, value: unknown): unknown {
	if (typeof value === "string" && TEXTS.has(name)) {
		// A query may carry a ticket, and user information a password.
		return value
			.replace(/\/\/[^/?#\s]*@/g, "//")
			.replace(/[?#]\S*/g, "")
			.slice(0, 200);
	}
	// An error's message may quote what it could not parse.
	if (value instanceof Error) {
		const { code } = value as { readonly code?: unknown };
		return typeof code === "string" ? code : value.name;
	}
	return value === null || typeof value === "number" || typeof value === "boolean"
		? value
		: typeof value;
}
