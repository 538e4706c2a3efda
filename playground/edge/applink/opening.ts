/* `apps.connections.open` over HTTP: what is asked, and what Slack would answer. Pure. */
import type { IncomingHttpHeaders } from "node:http";

export const OPEN_PATH = "/api/apps.connections.open";
export const LINK_PATH = "/link/";

export type OpenQuestion =
	| { readonly is: "token"; readonly token: string }
	| { readonly is: "wrong"; readonly error: "insecure_request" | "missing_args" };

/** A token counts in the header alone: elsewhere it would end in logs. */
export function readOpen(method: string, headers: IncomingHttpHeaders): OpenQuestion {
	if (method !== "POST") return { is: "wrong", error: "insecure_request" };
	const [, token] = /^Bearer ([\w-]{1,256})$/.exec(headers.authorization ?? "") ?? [];
	return token === undefined ? { is: "wrong", error: "missing_args" } : { is: "token", token };
}

export interface LinkQuestion {
	readonly ticket: string;
	readonly app: string;
	readonly isDebug: boolean;
}

/** Null: no link is meant. */
export function readLink(url: string): LinkQuestion | null {
	const [path, query = ""] = url.split("?", 2);
	if (path !== LINK_PATH && `${path}/` !== LINK_PATH) return null;
	const asked = new URLSearchParams(query);
	const [ticket, app] = [asked.get("ticket"), asked.get("app_id")];
	if (ticket === null || app === null) return null;
	return { ticket, app, isDebug: asked.get("debug_reconnects") === "true" };
}
