import { LONGEST_WAIT_MS } from "../protocol/limits.js";
import type { Runtime } from "../runtime/runtime.js";
import { fetchJson } from "./fetch-json.js";

/** What a static file on a CDN tells clients that sleep, at no cost to the edge. */
export interface Admission {
	readonly windowMs: number;
	readonly realtime: "up" | "down";
}

const REQUEST_MS = 5_000;

/**
 * The file as it is now; null where it says nothing that can be used: its failure is never a reason to
 * do anything.
 */
export async function getAdmission(
	url: string,
	runtime: Runtime,
	signal?: AbortSignal,
): Promise<Admission | null> {
	try {
		const file: unknown = JSON.parse(await fetchJson(url, { ms: REQUEST_MS, signal }, runtime));
		const { windowMs, realtime } = file as Partial<Admission>;
		if (typeof windowMs !== "number" || (realtime !== "up" && realtime !== "down")) return null;
		return { windowMs: Math.min(Math.max(windowMs, 0), LONGEST_WAIT_MS), realtime };
	} catch {
		return null;
	}
}
