import type { RealtimeServer, ServerLink, ServerSocket } from "../server/contract.js";

/** A WebSocket upgrade as it reaches a host. */
export interface UpgradeRequest {
	/** The URL as the client dialled it. */
	readonly url: string;
	/** The subprotocols that the client offered. */
	readonly protocols: readonly string[];
}

/** What a host does with an upgrade. `hang`: it takes the connection and never answers. */
export type Upgrade =
	| {
			readonly type: "accept";
			/** The chosen subprotocol. @default the first one offered */
			readonly protocol?: string;
			open(socket: ServerSocket): ServerLink;
	  }
	| { readonly type: "refuse"; readonly status: number; readonly retryAfterMs?: number }
	| { readonly type: "hang" };

/** What stands at the other end of a simulated network. */
export interface SimulatedHost {
	/** Answers a WebSocket upgrade. */
	upgrade(request: UpgradeRequest): Upgrade;
	/** Rejecting is a host that hangs up instead of answering. */
	request(request: Request): Promise<Response>;
}

/** A server half as a host: every upgrade accepted, every request answered. */
export function serverHost<X>(
	server: Pick<RealtimeServer<X>, "opened" | "handle">,
	context: X,
): SimulatedHost {
	return {
		upgrade: () => ({ type: "accept", open: (socket) => server.opened(socket, context) }),
		request: (request) => server.handle(request, context),
	};
}
