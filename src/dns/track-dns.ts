import type { DnsAnswer, DnsSnapshot } from "../endpoint/dns-answer.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { DISPOSE } from "../reactive/disposable.js";
import type { Readable } from "../reactive/readable.js";
import type { DnsResolver, Runtime } from "../runtime/runtime.js";
import { systemRuntime } from "../runtime/system.js";
import { nodeResolver } from "./platform.js";
import { STALE_FOR_MS, Tracker } from "./tracker.js";

/** What `trackDns` takes. */
export interface TrackDnsOptions {
	/** The name. A star as its first label is another random label in each question. */
	readonly hostname: string;
	/** Who is asked. Browsers have none of their own: give them `dohResolver()`. @default nodeResolver() */
	readonly resolver?: DnsResolver;
	/** How long past their TTL answers are better than nothing, in ms. @default 86400000 */
	readonly staleForMs?: number;
	/** Clock, chance and logger, to replace in tests. @default the system's */
	readonly runtime?: Partial<Runtime>;
}

/** The answers of a name, kept fresh until it is disposed. */
export interface DnsTracker extends Readable<DnsSnapshot>, Disposable {
	/** An address at random among those that are not in quarantine; null where none is known. */
	pick(): DnsAnswer | null;
	/** It did not work: leave it alone for its TTL, half a minute at least. */
	failed(address: string): void;
	/**
	 * Asks now, or waits for the question that is under way. Rejects with `dns-unavailable`, `closed`, or
	 * the signal's reason; what was known before is kept.
	 */
	refresh(signal?: AbortSignal): Promise<DnsSnapshot>;
}

/**
 * Keeps the answers of a name fresh: asked at once, and again in the background when their TTL is over,
 * though not within 30 s. When nobody answers, the old ones are kept for a day.
 *
 * @example
 * using name = trackDns({ hostname: "wss-primary.example" });
 * await name.refresh();
 * const { address } = name.pick() ?? {};
 *
 * @throws RealtimeError `invalid-option` without a hostname, or in a browser without a `resolver`.
 */
export function trackDns(options: TrackDnsOptions): DnsTracker {
	const { hostname, resolver = nodeResolver(), staleForMs = STALE_FOR_MS } = options;
	if (typeof hostname !== "string" || !/^[^\s:/]+$/.test(hostname) || hostname.length > 253)
		throw new RealtimeError("invalid-option", `trackDns: ${String(hostname)} is no hostname.`);
	if (!(staleForMs >= 0)) throw new RealtimeError("invalid-option", "staleForMs is below 0.");
	const runtime = systemRuntime(options.runtime);
	const report = (reason: unknown): void => runtime.logger.error("listener-threw", { reason });
	const tracker = new Tracker({ hostname, resolver, staleForMs, runtime, report });
	tracker.hold();
	return {
		get: () => tracker.get(),
		subscribe: (listener) => tracker.subscribe(listener),
		pick: () => tracker.order()[0] ?? null,
		failed: (address) => tracker.failed(address),
		refresh: (signal) => tracker.refresh(signal),
		[DISPOSE]: () => tracker.stop(),
	};
}
