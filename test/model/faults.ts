/* Where a fault may strike. */
import type { Network } from "./network.js";
import type { Fault } from "./scenario.js";

/** What a gateway cannot answer without its log. */
const ASKS_LOG = /"(subscribe|publish)"/;

export function waysTo(kind: Fault, { wires, poll }: Network): readonly string[] {
	switch (kind) {
		case "cut": {
			const cuts = wires.filter(({ isOpen }) => isOpen).map(({ link }) => `cut ${link}`);
			return poll === null ? cuts : [...cuts, "cut poll"];
		}
		case "crash":
			return [0, 1]
				.filter((index) => wires.some(({ gateway, server }) => gateway === index && server))
				.map((index) => `crash ${index}`);
		case "busy":
			return wires
				.filter(({ up, server }) => server !== null && ASKS_LOG.test(up[0] ?? ""))
				.map(({ link }) => `busy ${link}`);
		default:
			return [kind];
	}
}
