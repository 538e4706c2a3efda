/* Which pages may read what the HTTP half answers (Fetch standard, 3.2). Tokens travel in a header that
 * no page sends by itself, so a request without one does nothing in anybody's name. */
import { isOriginAllowed } from "./origin.js";

export type Origins = readonly string[] | "same-origin" | "any";

const PREFLIGHT = {
	"access-control-allow-methods": "GET, POST",
	"access-control-allow-headers": "Authorization, Content-Type",
	"access-control-max-age": "600",
};

/** Headers of every answer. `Vary`, or a cache would show one page's permission to another. */
export function corsHeaders(request: Request, allowed: Origins): Headers {
	const headers = new Headers({ "cache-control": "no-store", vary: "Origin" });
	const origin = request.headers.get("origin");
	if (origin === null || !isAllowed(request, allowed)) return headers;
	headers.set("access-control-allow-origin", origin);
	headers.set("access-control-expose-headers", "Retry-After");
	return headers;
}

export function isAllowed(request: Request, allowed: Origins): boolean {
	return isOriginAllowed(request.headers.get("origin"), new URL(request.url), allowed);
}

export function preflight(headers: Headers): Response {
	for (const [name, value] of Object.entries(PREFLIGHT)) headers.set(name, value);
	return new Response(null, { status: 204, headers });
}
