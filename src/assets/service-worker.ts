/*
 * Keeps pages, and nothing else: with every server down the HTML is still there, and its inline script
 * verifies what it runs. Assets pass by here, so no unverified one is ever in this cache.
 *
 *    a navigation ─▶ network ─ 200 and HTML ─▶ kept, and shown
 *                       │ fails, 5xx, or 3 s passed and a copy is here
 *                       ╰─▶ the copy
 *
 * The page that registers it was loaded before it could look on: that is kept out of the browser's own cache.
 */

/** What TypeScript's DOM lacks of a worker. */
interface WorkerScope {
	addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
	addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
	skipWaiting(): Promise<void>;
	readonly clients: {
		claim(): Promise<void>;
		matchAll(of: { readonly type: "window" }): Promise<readonly { readonly url: string }[]>;
	};
}
interface Extendable {
	waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Extendable {
	readonly request: Request;
	respondWith(response: Promise<Response>): void;
}

const STORE = "holdfast-pages";
const PATIENCE_MS = 3_000;
const MOST_PAGES = 30;

const scope = globalThis as unknown as WorkerScope;
scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(begin()));
scope.addEventListener("fetch", (event) => {
	const { request } = event;
	if (request.mode !== "navigate" || request.method !== "GET") return;
	const answer = ask(request);
	event.waitUntil(answer.then(({ kept }) => kept).catch(() => undefined));
	event.respondWith(show(request, answer));
});

async function begin(): Promise<void> {
	await scope.clients.claim();
	const pages = await scope.clients.matchAll({ type: "window" });
	await Promise.all(pages.map((page) => keepShown(page).catch(never)));
}

/** The server is not asked again: the address may have a code in it that is good for once (RFC 6749, 4.1.2). */
async function keepShown(page: { readonly url: string }): Promise<void> {
	const request = new Request(page.url, { mode: "same-origin", cache: "only-if-cached" });
	const response = await fetch(request);
	if (isKeepable(response)) await keep(request, response);
}

interface Answer {
	readonly response: Response;
	readonly kept: Promise<unknown>;
}

async function ask(request: Request): Promise<Answer> {
	const response = await fetch(request);
	if (response.status >= 500) throw response;
	return { response, kept: isKeepable(response) ? keep(request, response.clone()) : never() };
}

async function show(request: Request, answer: Promise<Answer>): Promise<Response> {
	const copy = await caches.match(keyOf(request), { cacheName: STORE }).catch(() => undefined);
	const late = new Promise<Response>((resolve) => {
		if (copy) setTimeout(() => resolve(copy), PATIENCE_MS);
	});
	const fresh = answer.then(({ response }) => response);
	return Promise.race([fresh, late]).catch((reason: unknown) => {
		if (copy) return copy;
		// The server's own words for its trouble, where there are any.
		if (reason instanceof Response) return reason;
		throw reason;
	});
}

/** A page that a server wants kept by nobody is not kept, nor one that a redirect led to. */
function isKeepable({ status, redirected, headers }: Response): boolean {
	const isHtml = /^text\/html\b/i.test(headers.get("content-type") ?? "");
	const isPrivate = /no-store/i.test(headers.get("cache-control") ?? "");
	return status === 200 && isHtml && !isPrivate && !redirected;
}

async function keep(request: Request, response: Response): Promise<void> {
	const cache = await caches.open(STORE);
	await cache.put(keyOf(request), response);
	const keys = await cache.keys();
	for (const old of keys.slice(0, Math.max(0, keys.length - MOST_PAGES))) await cache.delete(old);
}

const keyOf = ({ url }: Request): string => url.split("#", 1).join("");
const never = async (): Promise<void> => undefined;
