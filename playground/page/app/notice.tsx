/* The page's own banner, for when it has lost its own server; else what was done last. Its place is always there. */
import type { ReactNode } from "react";
import { lastNote } from "../edge/act.js";
import { live } from "../people/people.js";
import { useSource } from "./store.js";
import { useNow } from "./use-now.js";

/** A server that starts anew is back sooner. */
const GRACE_MS = 1_500;

export function Notice(): ReactNode {
	const line = useSource(live.line);
	const note = useSource(lastNote);
	const now = useNow(500);
	const isLost = line.is === "lost" && now - line.sinceAt > GRACE_MS;
	const words = isLost
		? "The playground itself does not answer: this page goes on from what it has kept. Start it again with npm run playground."
		: (note?.words ?? "");
	const tone = isLost ? "lost" : (note?.tone ?? "plain");
	return (
		<p className="notice" role="status" data-tone={tone} data-testid="notice">
			{words}
		</p>
	);
}
