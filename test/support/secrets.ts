/*
 * Canaries: secrets planted in tests, that no log of the whole suite may show. Tests use CANARY_TOKEN
 * as a token and CANARY_PAYLOAD as (part of) a message. secrets.setup.ts looks at the console and the
 * standard streams of every worker; give what else logs (a Logger, a child process, a page) to
 * `canaryLogger()` or `inspectLog()`. The test that was running fails.
 */
import { inspect } from "node:util";
import type { Logger } from "../../src/runtime/runtime.js";

export const CANARY_TOKEN = "canary-token-5b1f8e";
export const CANARY_PAYLOAD = "canary-payload-c07d92";

/** Also those that a test derives: `${CANARY_TOKEN}-of-bob`, or one in base64 of a header. */
const CANARY = /canary-(?:token|payload)|Y2FuYXJ5L|NhbmFyeS|jYW5hcnkt/;

const leaks: string[] = [];

/** Looks at something that was logged, however deep the secret lies in it. */
export function inspectLog(...logged: readonly unknown[]): void {
	for (const value of logged) {
		const text =
			typeof value === "string" ? value : inspect(value, { depth: 12, maxStringLength: null });
		if (CANARY.test(text)) leaks.push(text.slice(0, 400));
	}
}

/** What has leaked since the last call. */
export function takeLeaks(): readonly string[] {
	return leaks.splice(0);
}

/** A logger that looks at what it is told, at every level, and prints nothing. */
export function canaryLogger(): Logger {
	const look = (event: string, fields?: object): void => inspectLog(event, fields);
	return { debug: look, info: look, warn: look, error: look };
}
