/* The loader's options, checked at the call. */
import { RealtimeError } from "../errors/realtime-error.js";
import type { AssetLoaderOptions } from "./contract.js";
import {
	type AssetEntry,
	type AssetManifest,
	checkIntegrity,
	checkManifest,
	checkPath,
} from "./manifest.js";
import type { FetchPolicy } from "./plan.js";

/** A manifest that has to be fetched first. `base`: null, from each origin; else from there alone. */
export interface RemoteManifest {
	readonly base: string | null;
	readonly entry: AssetEntry;
}

export interface Settings {
	readonly origins: readonly string[];
	readonly manifest: AssetManifest | RemoteManifest | null;
	readonly policy: FetchPolicy;
	readonly staleAfterMs: number;
	readonly name: string;
}

const HEDGE_AFTER_MS = 3_000;
const TIMEOUT_MS = 20_000;
const STALE_AFTER_MS = 10_000;
/** The first time round, and two repeats as far as the budget goes. */
const ROUNDS = 3;

function invalid(message: string): RealtimeError {
	return new RealtimeError("invalid-option", message);
}

export function checkOptions(options: AssetLoaderOptions): Settings {
	const { origins, manifest, name = "app" } = options;
	if (!Array.isArray(origins) || origins.length === 0) throw invalid("origins is empty.");
	const checked = origins.map(checkOrigin);
	if (new Set(checked).size < checked.length) throw invalid("An origin is listed twice.");
	if (typeof name !== "string" || name === "") throw invalid("name is no text.");
	return {
		origins: checked,
		manifest: manifest === undefined ? null : toManifest(manifest),
		policy: {
			hedgeAfterMs: duration("hedgeAfterMs", options.hedgeAfterMs ?? HEDGE_AFTER_MS),
			timeoutMs: duration("timeoutMs", options.timeoutMs ?? TIMEOUT_MS),
			rounds: ROUNDS,
		},
		staleAfterMs: duration("staleAfterMs", options.staleAfterMs ?? STALE_AFTER_MS),
		name,
	};
}

/** As given, without a slash at the end. */
export function checkOrigin(url: unknown): string {
	const { protocol, username, search, hash } = parse(url);
	if (protocol !== "https:" && protocol !== "http:")
		throw invalid(`${String(url)}: an origin starts with https:// or http://.`);
	if (username || search || hash)
		throw invalid(`${String(url)}: an origin has neither credentials, nor a query or a fragment.`);
	return (url as string).replace(/\/+$/, "");
}

function toManifest(given: NonNullable<AssetLoaderOptions["manifest"]>): Settings["manifest"] {
	if (typeof given !== "object" || given === null || !("url" in given)) return checkManifest(given);
	const { url, integrity } = given;
	if (typeof url !== "string" || !/^[a-z][a-z\d+.-]*:/i.test(url)) {
		const path = checkPath(url);
		return {
			base: null,
			entry: { path, integrity: checkIntegrity(integrity, path), type: "data" },
		};
	}
	const { origin, pathname, search } = parse(url);
	const base = checkOrigin(origin);
	const path = `${pathname}${search}`.slice(1);
	return { base, entry: { path, integrity: checkIntegrity(integrity, url), type: "data" } };
}

function parse(url: unknown): URL {
	try {
		return new URL(url as string);
	} catch {
		throw invalid(`${String(url)} is not an absolute URL.`);
	}
}

function duration(name: string, ms: number): number {
	if (!Number.isFinite(ms) || ms < 0) throw invalid(`${name} must be at least 0.`);
	return ms;
}
