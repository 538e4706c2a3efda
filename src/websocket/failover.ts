import { addressOf } from "./address.js";
import { Driver } from "./driver.js";
import type { FailoverOptions } from "./options.js";
import { baseUrl, checkCommon, checkList } from "./settings.js";
import { checkProtocols, parseUrl } from "./standard.js";
import { present, Surface } from "./surface.js";

/**
 * A standard, single-use WebSocket class for libraries that reconnect by themselves (graphql-ws, phoenix,
 * stompjs, y-websocket …): each `new` dials the best endpoint, bounds the handshake, moves on to the next
 * endpoint while CONNECTING, notices a dead link if told how to ask, and closes for real.
 *
 * The endpoints say which servers and which base path; the URL that a library passes says what lies below
 * it, and may be that of any endpoint. All sockets of a class share what is known of the endpoints' health.
 * In Node a third argument goes to `ws` (headers, an agent).
 *
 * @throws RealtimeError `invalid-option`
 */
export function failoverWebSocket(options: FailoverOptions): typeof WebSocket {
	const { policy, ...common } = checkCommon(options);
	const { shared, relist } = checkList(options.endpoints);
	const end = { ...policy, loss: "end", isFinal: () => true } as const;

	class FailoverWebSocket extends Surface {
		constructor(...given: [url: string | URL, protocols?: unknown, options?: object]) {
			if (given.length < 1) throw new TypeError("WebSocket takes a URL.");
			const asked = parseUrl(given[0], baseUrl());
			const setup = {
				...common,
				policy: end,
				shared,
				relist,
				protocols: checkProtocols(given[1]),
				options: { perMessageDeflate: false, ...given[2] },
				address: (endpoint: Parameters<typeof addressOf>[0]) =>
					addressOf(
						endpoint,
						asked,
						shared.memory.candidates.map((candidate) => candidate.endpoint),
					),
				urlOf: () => asked.href,
			};
			super((listener) => new Driver(setup, listener), null);
		}
	}
	return present(FailoverWebSocket, "WebSocket") as typeof WebSocket;
}
