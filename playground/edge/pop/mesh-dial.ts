/* From a PoP to the main region: through the PoP's link, over mutual TLS. */
import { Agent } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import type { Target } from "../balancer.js";
import type { KeyPair } from "../tls/authority.js";
import { MESH_NAME } from "./mesh-name.js";

/** Shown to the main region, and who signs its. */
export interface MeshCredentials {
	readonly certificate: KeyPair;
	readonly authority: string;
}

/** `protocol`: what is wanted there, by ALPN. */
export function dialMesh(
	link: Target | null,
	{ certificate, authority }: MeshCredentials,
	protocol: string,
): TLSSocket {
	const socket = connect({
		host: link?.host ?? "127.0.0.1",
		port: link?.port ?? 1,
		servername: MESH_NAME,
		...certificate,
		ca: authority,
		minVersion: "TLSv1.3",
		ALPNProtocols: [protocol],
	});
	socket.setNoDelay(true);
	return socket;
}

/** Keeps what it dialled. */
export function meshAgent(dial: () => TLSSocket): Agent {
	const agent = new Agent({ keepAlive: true, maxSockets: 32 });
	agent.createConnection = dial;
	return agent;
}
