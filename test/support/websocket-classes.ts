/* Our classes as the rows of the standard see them. */
import type { Runtime } from "../../src/runtime/runtime.js";
import { failoverWebSocket } from "../../src/websocket/failover.js";
import { ResilientWebSocket } from "../../src/websocket/resilient.js";

/** With an endpoint that refuses before the one that the rows ask for: they see nothing of it. */
export const singleUse = (server: string, runtime: Partial<Runtime> = {}): typeof WebSocket =>
	failoverWebSocket({ endpoints: ["ws://127.0.0.1:9", server], runtime });

export const resilient = (): typeof WebSocket => ResilientWebSocket;
