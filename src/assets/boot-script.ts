/*
 * The inline script: what `createAssetLoader().boot()` does, in 1.5 kB, before anything else can load.
 * `npm run build` minifies it into boot-text.ts. Its configuration is an attribute of its tag, so that
 * its own text, and with it the hash for a content security policy, is the same on every page.
 *
 *attribute ─▶ every file: Cache Storage, else the origins ─▶ all verified ─▶ run in order
 *                                     │ no origin has one, or staleAfterMs passed
 *                                     ╰─▶ every file of the last good version, from Cache Storage alone
 *
 * It has a short plan of its own in the place of plan.ts: each origin in turn, the next one when a try
 * failed or is hedgeAfterMs old; two repeats a page and one for seven files, with full jitter. It is
 * terse where that saves bytes: what fails anywhere is caught in one place.
 */
import type { AssetEntry, AssetManifest } from "./manifest.js";
import { runAll } from "./run.js";
import type { BootConfiguration, BootedFile, BootedVersion, InlineBoot } from "./tags.js";

const STORE = "holdfast";
const AVOID_MS = 300_000;

const { dataset, nonce } = document.currentScript as HTMLScriptElement;
const [origins, manifest, hedge, timeout, stale]: BootConfiguration = JSON.parse(
	dataset[STORE] as string,
);
const keyOf = (name: string): string => `/${STORE}/${name}`;
/** Rejects where a page may keep nothing; what is not kept has no body to read. */
const kept = async (name: string): Promise<Response> =>
	caches.match(keyOf(name)) as Promise<Response>;

/** Origin → until when it is bad. */
let bad: Record<string, number> = {};
try {
	bad = { ...JSON.parse(localStorage[STORE]) };
} catch {
	// Storage that is denied or damaged: nothing is known.
}
const isBad = (origin: string): number => Number((bad[origin] as number) > Date.now());

const blame = (origin: string): void => {
	bad[origin] = Date.now() + AVOID_MS;
	try {
		localStorage[STORE] = JSON.stringify(bad);
	} catch {
		// Then it is known to this page alone.
	}
};

/**
 * Throws for other bytes, and where there is no WebCrypto. Of `SHA-` and three characters WebCrypto knows
 * SHA-256, SHA-384 and SHA-512 alone: whatever else an integrity says, it refuses.
 */
const verify = async (body: ArrayBuffer, integrity: string): Promise<ArrayBuffer> => {
	const digest = await crypto.subtle.digest(`SHA-${integrity.slice(3, 6)}`, body);
	if (btoa(String.fromCharCode(...new Uint8Array(digest))) !== integrity.slice(7)) throw integrity;
	return body;
};

/** A path comes behind its origin and a slash, so none leads to another host; a MIME type proves nothing. */
const ask = async (entry: AssetEntry, origin: string, signal: AbortSignal): Promise<BootedFile> => {
	const response = await fetch(`${origin}/${entry.path}`, {
		signal,
		redirect: "error",
		cache: "no-store",
	});
	if (!response.ok) throw response.status;
	return { ...entry, origin, body: await verify(await response.arrayBuffer(), entry.integrity) };
};

let repeats = 2;

/** Rejects when every try has failed and no repeat is left. */
const download = (entry: AssetEntry): Promise<BootedFile> =>
	new Promise((resolve, reject) => {
		const turns = [...origins].sort((a, b) => isBad(a) - isBad(b));
		const stop = new AbortController();
		/** What ends each try that is under way. */
		const flights = new Set<(reason?: unknown) => void>();
		let tries = 0;
		repeats += 1 / 7;
		const next = (): void => {
			const pauses = tries - turns.length;
			if (stop.signal.aborted) return;
			if (pauses >= 0 && --repeats < 0) {
				if (!flights.size) reject(entry.path);
				return;
			}
			const origin = turns[tries++ % turns.length] as string;
			const lose = (reason?: unknown): void => {
				if (!flights.delete(lose)) return;
				if (reason !== 404) blame(origin);
				setTimeout(next, pauses < -1 ? 0 : Math.random() * 1e3 * 2 ** pauses);
			};
			flights.add(lose);
			setTimeout(() => flights.has(lose) && next(), hedge);
			setTimeout(lose, timeout);
			ask(entry, origin, stop.signal).then((file) => {
				resolve(file);
				flights.delete(lose);
				stop.abort();
				// Who was asked and has not answered yet was too slow.
				for (const other of flights) other();
			}, lose);
		};
		next();
	});

/** Every file, verified; those that are not kept, or kept in part, from the origins; without any it rejects. */
const load = async (
	{ version, entries }: AssetManifest,
	elsewhere: (entry: AssetEntry) => Promise<BootedFile> = Promise.reject,
): Promise<BootedVersion> => {
	let done = 0;
	const files = entries.map(async (entry) => {
		const file = await kept(entry.integrity)
			.then((response) => response.arrayBuffer())
			.then((body) => verify(body, entry.integrity))
			.then((body) => ({ ...entry, origin: origins[0] as string, body, kept: true }))
			.catch(() => elsewhere(entry));
		dispatchEvent(new CustomEvent(STORE, { detail: ++done / entries.length }));
		return file;
	});
	return { version, entries: await Promise.all(files) };
};

/** The version of this page, or in its place, if it fails or takes too long, the last good one. */
const choose = (good: AssetManifest | null): Promise<BootedVersion> => {
	if (!good) return load(manifest, download);
	// Never one that is older than what has run here (FAULTS C4): isOlder(), where a call of it costs less.
	const order = good.version.localeCompare(manifest.version, "en", { numeric: true });
	const loading = load(order > 0 ? good : manifest, download);
	return Promise.race([loading, new Promise<never>((_, late) => setTimeout(late, stale))])
		.catch(() => load(good))
		.catch(() => loading);
};

const boot = async (): Promise<BootedVersion> => {
	// As a module's tag would wait: what is kept is here before the page has been read to its end.
	const parsed = new Promise((resolve) => addEventListener("DOMContentLoaded", resolve));
	const good = kept("good").then((response) => response.json() as Promise<AssetManifest>);
	const version = await choose(await good.catch(() => null));
	Object.assign(page, version);
	await parsed;
	await runAll(version.entries, nonce);
	try {
		// Anew each time that something new came: no file of an older version stays, nor half of this one.
		if (!version.entries.every((file) => file.kept)) await caches.delete(STORE);
		const cache = await caches.open(STORE);
		for (const { integrity, body } of version.entries)
			await cache.put(keyOf(integrity), new Response(body));
		await cache.put(keyOf("good"), new Response(JSON.stringify(version)));
	} catch {
		// No room: the next visit loads anew.
	}
	return version;
};

const page: InlineBoot = {};
(self as unknown as { [STORE]: InlineBoot })[STORE] = page;
page.ready = boot();
// Not swallowed: it ends in the console.
void page.ready.catch((reason) => {
	document.documentElement.dataset[STORE] = "failed";
	throw reason;
});
