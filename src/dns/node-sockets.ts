import { connect as connectNet, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { TcpConnect } from "../runtime/runtime.js";
import type { Sockets } from "./racing-transport.js";

export const connectTcp: TcpConnect = (to) => connectNet({ ...to, noDelay: true });

/** What `ws` was given for TLS holds; the name is the endpoint's, or a certificate would prove nothing. */
export const secureTcp: Sockets["secure"] = (socket, hostname, options) => {
	const given: ConnectionOptions = options;
	const { servername = hostname } = given;
	return connectTls({ ...given, socket: socket as Socket, servername, host: hostname });
};
