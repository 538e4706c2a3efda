/* Loaded when first needed: by a component that comes to a channel late, and asks for its past. */
import type { Message } from "../channels/message.js";
import type { Client } from "../client/client.js";
import type { Position } from "../protocol/position.js";
import { isSame } from "./same.js";
import type { Start } from "./start.js";

/** What came before, oldest first, and whether that is surely all of it. */
export interface Past {
	readonly messages: readonly Message<unknown>[];
	readonly isWhole: boolean;
}

/** As many as a server gives at once. */
const MOST = 1_000;

/** Over HTTP; nothing without an `api`, or without its answer. */
export async function fetchPast(client: Client, channel: string, start: Start): Promise<Past> {
	const { epoch, offset = 0, last } = start as Partial<Position & { readonly last: number }>;
	const isOld = ({ position }: Message<unknown>): boolean =>
		position !== null && position.epoch === epoch && position.offset <= offset;
	const all = await client.history(channel, { limit: last ?? MOST }).catch(() => null);
	if (all === null) return { messages: [], isWhole: false };
	return {
		messages: all.filter((message) => !isOld(message)),
		// One that goes back to a position is; "earliest" is what is there.
		isWhole: epoch ? all.some(isOld) : last !== undefined || all.length < MOST,
	};
}

/** The past, and then what came while it was fetched, each once. */
export function join(
	past: Past["messages"],
	waiting: readonly Message<unknown>[],
): readonly Message<unknown>[] {
	return [...past, ...waiting.filter((message) => !past.some((other) => isSame(other, message)))];
}
