/* Names where they are ours to resolve. `#dns` in Node: package.json decides. */
import type { Runtime } from "../runtime/runtime.js";
import type { NameFacts, NameKeeping } from "./contract.js";
import { Names } from "./names.js";
import { nodeResolver } from "./node-resolver.js";
import { connectTcp, secureTcp } from "./node-sockets.js";

export { nodeResolver } from "./node-resolver.js";

/** It keeps nothing, so one serves all clients. */
const system = nodeResolver();

/** Only the class of `ws` can be given a connection: another one resolves names by itself. */
export function openNames(runtime: Runtime, facts: NameFacts): NameKeeping | null {
	const { WebSocket, resolver = system, connect = connectTcp } = runtime;
	if (resolver === null || !WebSocket?.prototype || !("terminate" in WebSocket.prototype))
		return null;
	return new Names(runtime, resolver, { connect, secure: secureTcp }, facts);
}
