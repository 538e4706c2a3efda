/* POST publish: up to sixteen publishes, in order. A request is a link of its own (rule 7). */
import { utf8Length } from "../protocol/encode.js";
import type { PublishedFrame, PublishRequest, RejectedFrame } from "../protocol/frames.js";
import type { Identity } from "./contract.js";
import type { Hub } from "./hub.js";
import { type Author, Lane, type Outcome, type Publish } from "./lane.js";
import { rejected } from "./rejection.js";

type Result = PublishedFrame | RejectedFrame;

/**
 * A result for each publish. Past the first one that has to come again, all are told to: the client
 * sends them once more, in order, and under a newer link number, which no fence refuses.
 */
export async function publish(
	identity: Identity,
	{ client, link, publishes }: PublishRequest,
	{ bytes, signal }: { readonly bytes: number; readonly signal: AbortSignal },
	hub: Hub,
): Promise<readonly Result[]> {
	const author: Author = {
		identity,
		client,
		link,
		get isOpen() {
			return !signal.aborted;
		},
	};
	const lanes = new Map<string, Lane>();
	const results: Result[] = [];
	let isStopped = false;
	for (const each of publishes) {
		if (isStopped) {
			if (each.ephemeral !== true) results.push(rejected(each.id, "retry", hub.settings));
			continue;
		}
		const outcome = isOversized(each, bytes, hub)
			? rejected(each.id, "too-large", hub.settings)
			: await laneOf(each.channel, author, lanes, hub).take(each, hub.settings.clock.monotonic());
		const result = toResult(each, outcome, hub);
		if (result !== null) results.push(result);
		isStopped = result?.type === "rejected" && result.code === "retry";
	}
	return results;
}

function laneOf(channel: string, author: Author, lanes: Map<string, Lane>, hub: Hub): Lane {
	const lane = lanes.get(channel) ?? new Lane(channel, author, () => null, hub);
	lanes.set(channel, lane);
	return lane;
}

/** As large as on a link, where the frame is the limit. */
function isOversized({ data }: Publish, requestBytes: number, { settings }: Hub): boolean {
	if (requestBytes <= settings.maxFrameBytes) return false;
	return utf8Length(JSON.stringify(data) ?? "") > settings.maxFrameBytes;
}

function toResult({ id }: Publish, outcome: Outcome, { settings }: Hub): Result | null {
	if (outcome.type === "unanswered") return null;
	return outcome.type === "fenced" ? rejected(id, "retry", settings) : outcome;
}
