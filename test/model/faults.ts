/* Where a fault may strike. */
import type { Network } from "./network.js";
import type { Fault } from "./scenario.js";
import type { Wire } from "./wire.js";

/** What a gateway cannot answer without its log, nor without the permission. */
const ASKS_LOG = /"(subscribe|publish)"/;

export function waysTo(
	kind: Fault,
	{ wires, poll, posts: { all: posts } }: Network,
): readonly string[] {
	const next = (asks: RegExp): readonly Wire[] =>
		wires.filter(({ up, server }) => server !== null && asks.test(up[0] ?? ""));
	switch (kind) {
		case "cut": {
			const cuts = wires.filter(({ isOpen }) => isOpen).map(({ link }) => `cut ${link}`);
			const lost = posts.filter(({ isAwaited }) => isAwaited).map(({ name }) => `cut ${name}`);
			return [...cuts, ...lost, ...(poll === null ? [] : ["cut poll"])];
		}
		case "crash":
			return [0, 1]
				.filter(
					(index) =>
						wires.some(({ gateway, server }) => gateway === index && server) ||
						posts.some(({ gateway }) => gateway === index),
				)
				.map((index) => `crash ${index}`);
		case "busy": {
			const waiting = posts.filter(({ isHandled }) => !isHandled);
			return [
				...next(ASKS_LOG).map(({ link }) => `busy ${link}`),
				...waiting.map(({ name }) => `busy ${name}`),
			];
		}
		case "refuse":
			return next(ASKS_LOG).map(({ link }) => `refuse ${link}`);
		default:
			return [kind];
	}
}
