import type { Rights } from "./access.js";
import type { MessageLog } from "./contract.js";
import type { Feed } from "./feed.js";
import type { Flusher } from "./flusher.js";
import type { Roster } from "./roster.js";
import type { Settings } from "./settings.js";
import type { Stats } from "./stats.js";

/** What all links and requests of one server share. */
export interface Hub {
	readonly settings: Settings;
	readonly log: MessageLog;
	readonly rights: Rights;
	readonly feed: Feed;
	readonly flusher: Flusher;
	readonly stats: Stats;
	readonly roster: Roster;
	/** How long the log remembers publish ids, at least. */
	readonly dedupeMs: number;
	/** Aborted when the server is disposed of. */
	readonly signal: AbortSignal;
}
