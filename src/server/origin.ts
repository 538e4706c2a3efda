/**
 * Whether a page of this origin may talk to us, compared exactly: scheme, host and port. Without the
 * header it is no browser, whose users nobody can borrow. "null" (a sandbox, a file) is no origin.
 */
export function isOriginAllowed(
	origin: string | null,
	url: URL,
	allowed: readonly string[] | "same-origin" | "any",
): boolean {
	if (origin === null || allowed === "any") return true;
	if (allowed !== "same-origin") return allowed.includes(origin);
	// Behind a proxy that ends TLS the request looks like http, and the page's origin is https.
	return origin === `https://${url.host}` || origin === `${url.protocol}//${url.host}`;
}
