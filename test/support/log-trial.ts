/* A log on trial, and what its rules say to it. */
import type { Position } from "../../src/protocol/position.js";
import type {
	Fence,
	FollowedMessage,
	LogMessage,
	MessageLog,
	Retention,
	StoredMessage,
} from "../../src/server/contract.js";

export interface LogUnderTest {
	readonly log: MessageLog;
	/** The same log as a second server has it: another connection, or the same object if it has none. */
	readonly peer: MessageLog;
	/** At most 100 messages, so that trimming is seen. */
	readonly retain: Retention;
	/** Its memory after a failover: the last `lost` messages of every channel are gone, or all of them. */
	restart(lost: number | "all"): Promise<void>;
	/** Lets so much time pass for the log. */
	advance(ms: number): Promise<void>;
	/** Lets what was told arrive at followers. */
	settle(): Promise<void>;
}

export interface Trial extends LogUnderTest {
	/** Where it was stored; throws if it was refused. */
	append(channel: string, given: LogMessage, by?: Fence): Promise<Position>;
	/** So many messages, one after the other; the position of the last. */
	fill(channel: string, count: number): Promise<Position>;
	readAll(channel: string, epoch: string): Promise<{ readonly messages: readonly StoredMessage[] }>;
}

/** By what each promises, as the end of a sentence. */
export type Rules = Readonly<Record<string, (t: Trial) => Promise<void>>>;

export function putOnTrial(subject: LogUnderTest): Trial {
	const { log } = subject;
	const append: Trial["append"] = async (channel, given, by) => {
		const appended = await log.append(channel, given, by);
		if (appended.status === "fenced") throw new Error("fenced");
		return appended.position;
	};
	return {
		...subject,
		append,
		fill: async (channel, count) => {
			let last = await log.head(channel);
			for (let n = 0; n < count; n++) last = await append(channel, message(n));
			return last;
		},
		readAll: (channel, epoch) => log.read(channel, EARLIEST(epoch), 1_000),
	};
}

export const EARLIEST = (epoch: string): Position => ({ epoch, offset: 0 });

export const offsets = (messages: readonly FollowedMessage[]): readonly (number | undefined)[] =>
	messages.map(({ position }) => position?.offset);

let ids = 0;

/** With an id of its own. */
export function message(data: unknown = null, over: Partial<LogMessage> = {}): LogMessage {
	ids += 1;
	return { id: `id-${ids}`, from: "ada", data, at: 1_000 + ids, ...over };
}

export const fence = (over: Partial<Fence> = {}): Fence => ({
	client: "client",
	link: 1,
	epoch: null,
	...over,
});
