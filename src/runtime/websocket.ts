import PortableWebSocket from "isomorphic-ws";
import type { WebSocketConstructor } from "./runtime.js";

/**
 * In Node the class of `ws`, also where newer versions have a global one: only `ws` shows a refusal's
 * status and ends a dead socket on demand. Elsewhere the global of this moment, not the one that
 * isomorphic-ws found when it was imported: a polyfill, a test or a service worker may come later.
 */
export function systemWebSocket(): WebSocketConstructor {
	const portable = PortableWebSocket as unknown as WebSocketConstructor | null;
	return portable?.prototype && "terminate" in portable.prototype
		? portable
		: (globalThis.WebSocket as unknown as WebSocketConstructor);
}
