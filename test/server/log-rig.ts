/* Logs that do what a test wants them to. */
import type { Fence, MessageLog } from "../../src/server/contract.js";
import { type MemoryLog, memoryLog } from "../../src/server/memory-log.js";
import type { Peer } from "./rig.js";

/** A log with some of its methods replaced. */
export function wrap(own: MemoryLog, over: Partial<MessageLog>): MessageLog {
	return new Proxy(own as MessageLog, {
		get: (target, name) => {
			const value = Reflect.get(over, name) ?? Reflect.get(target, name);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}

/** A log in front of a memory log, that a test makes fail or wait. */
export function faulty(): {
	readonly log: MessageLog;
	readonly own: MemoryLog;
	readonly fences: (Fence | undefined)[];
	before: (id: string) => Promise<void> | void;
} {
	const own = memoryLog();
	const state = {
		own,
		fences: [] as (Fence | undefined)[],
		before: (_id: string): Promise<void> | void => undefined,
		log: wrap(own, {
			append: async (channel, message, fence) => {
				state.fences.push(fence);
				await state.before(message.id);
				return own.append(channel, message, fence);
			},
		}),
	};
	return state;
}

/** The ids of what is in a channel, oldest first. */
export async function stored(log: MessageLog, channel = "a"): Promise<readonly string[]> {
	return (await log.before(channel, null, 1_000)).map(({ id }) => id);
}

/** What became of each publish. */
export const answers = (peer: Peer): readonly string[] =>
	peer.frames.flatMap((frame) =>
		frame.type === "published"
			? [`${frame.id} ${frame.duplicate ? "again" : "stored"}`]
			: frame.type === "rejected"
				? [`${frame.id} ${frame.code}`]
				: [],
	);
