/* POST poll: what a link would have carried, one question long. Follow first, then read, as there. */
import type { PollRequest } from "../protocol/frames.js";
import type { Position, StartAt } from "../protocol/position.js";
import { dispose } from "../reactive/disposable.js";
import type { Identity } from "./contract.js";
import type { Hub } from "./hub.js";
import { messageJson } from "./message-json.js";
import { rejected } from "./rejection.js";
import { readReplay } from "./replay.js";
import { headsJson } from "./subscription.js";

/** Of one answer: what does not fit waits for the next poll. */
const ANSWER_BYTES = 1_048_576;
const PAGE = 1_000;
/** Channels read at a time: each may bring a page. */
const ABREAST = 16;

interface Ask {
	readonly channel: string;
	readonly id: number;
	readonly from: StartAt;
}
interface Answer {
	readonly frames: readonly string[];
	/** Nothing in it that the client does not know. */
	readonly isQuiet: boolean;
}
interface Question {
	readonly identity: Identity;
	readonly asks: readonly Ask[];
	/** Aborted when nobody waits for the answer any more. */
	readonly signal: AbortSignal;
}

/** The body of the answer, as JSON. Rejects if the log does. */
export async function poll(
	identity: Identity,
	request: PollRequest,
	signal: AbortSignal,
	hub: Hub,
): Promise<string> {
	const asks = Object.entries(request.channels).map(([channel, ask]) => ({ channel, ...ask }));
	const question = { identity, asks, signal };
	const frames =
		request.peek === true
			? await peek(question, hub)
			: await answerInTime(question, request.waitMs, hub);
	const { roster, dedupeMs } = hub;
	const rest = JSON.stringify({
		identity: identity.id,
		pollAfterMs: 0,
		windowMs: roster.windowMs,
		dedupeMs,
		realtime: roster.isDraining || roster.isFull ? "down" : "up",
	});
	return `{"frames":[${frames.join(",")}],${rest.slice(1)}`;
}

async function answerInTime(
	question: Question,
	waitMs: number,
	hub: Hub,
): Promise<readonly string[]> {
	if (waitMs <= 0) return (await answer(question, hub)).frames;
	const news = new AbortController();
	const wake = (): void => news.abort();
	const joins = question.asks.map(({ channel }) =>
		hub.feed.join(channel, ({ position }) => position !== null && wake()),
	);
	const ends = [question.signal, hub.signal];
	for (const end of ends) end.addEventListener("abort", wake, { once: true });
	try {
		await Promise.all(joins);
		const first = await answer(question, hub);
		if (!first.isQuiet || ends.some(({ aborted }) => aborted)) return first.frames;
		await hub.settings.clock.sleep(waitMs, news.signal).catch(() => undefined);
		return (await answer(question, hub)).frames;
	} finally {
		for (const join of joins) join.then(dispose, () => undefined);
		for (const end of ends) end.removeEventListener("abort", wake);
	}
}

async function answer({ identity, asks }: Question, hub: Hub): Promise<Answer> {
	const frames: string[] = [];
	let isQuiet = true;
	let bytes = 0;
	for (let begin = 0; begin < asks.length && bytes < ANSWER_BYTES; begin += ABREAST) {
		const answers = asks.slice(begin, begin + ABREAST).map((ask) => answerOne(identity, ask, hub));
		for (const { frames: own, isQuiet: isOwnQuiet } of await Promise.all(answers)) {
			isQuiet &&= isOwnQuiet;
			bytes = addUpTo(frames, own, bytes);
		}
	}
	return { frames, isQuiet };
}

/** What leaves off in the middle of a channel is a beginning of it, so the next poll goes on there. */
function addUpTo(frames: string[], own: readonly string[], bytes: number): number {
	let sum = bytes;
	for (const frame of own) {
		if (sum >= ANSWER_BYTES) break;
		frames.push(frame);
		sum += frame.length;
	}
	return sum;
}

async function answerOne(identity: Identity, ask: Ask, hub: Hub): Promise<Answer> {
	const verdict = await hub.rights.canSubscribe(identity, ask.channel);
	if (verdict !== "granted") {
		const code = verdict === "denied" ? "forbidden" : "retry";
		return { frames: [JSON.stringify(rejected(ask.id, code, hub.settings))], isQuiet: false };
	}
	const { subscribed, gap, messages } = await readReplay(hub.log, ask, PAGE);
	if (gap !== null) hub.stats.count("gaps");
	if (messages.length > 0) hub.stats.count("replays");
	const head = gap === null ? [subscribed] : [subscribed, gap];
	return {
		frames: [...head.map((frame) => JSON.stringify(frame)), ...messages.map(messageJson)],
		// Whoever holds no position yet waits for one.
		isQuiet: subscribed.recovered && messages.length === 0,
	};
}

/** Heads alone: how much waits, and nothing of it taken. */
async function peek({ identity, asks }: Question, hub: Hub): Promise<readonly string[]> {
	const frames: string[] = [];
	const heads: (readonly [string, Position])[] = [];
	const looks = asks.map(async ({ channel, id }) => {
		const verdict = await hub.rights.canSubscribe(identity, channel);
		if (verdict === "granted") heads.push([channel, await hub.log.head(channel)]);
		else if (verdict === "denied")
			frames.push(JSON.stringify(rejected(id, "forbidden", hub.settings)));
	});
	await Promise.all(looks);
	return [...frames, headsJson(heads)];
}
