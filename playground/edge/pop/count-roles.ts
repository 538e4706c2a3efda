/* A realtime server that counts its sockets by the name that was dialled, which the proxy tells in a header. */
import type { IncomingMessage } from "node:http";
import type { RealtimeServer } from "holdfast/server";
import type { Role } from "../control/contract.js";

export interface Counted {
	readonly server: RealtimeServer<IncomingMessage>;
	/** Open now. */
	readonly sockets: Readonly<Record<Role, number>>;
}

export function countRoles(inner: RealtimeServer<unknown>, accepted: () => void): Counted {
	const sockets = { primary: 0, backup: 0 };
	const server: RealtimeServer<IncomingMessage> = {
		stats: inner.stats,
		limits: inner.limits,
		handle: (request, context) => inner.handle(request, context),
		publish: (channel, data, options) => inner.publish(channel, data, options),
		disconnect: (identity, options) => inner.disconnect(identity, options),
		drain: (options) => inner.drain(options),
		[Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
		opened: (socket, request) => {
			const role: Role = request.headers["x-edge-name"] === "backup" ? "backup" : "primary";
			const link = inner.opened(socket, request);
			sockets[role] += 1;
			accepted();
			let isOpen = true;
			return {
				message: (data) => link.message(data),
				closed: (code) => {
					if (isOpen) sockets[role] -= 1;
					isOpen = false;
					link.closed(code);
				},
			};
		},
	};
	return { server, sockets };
}
