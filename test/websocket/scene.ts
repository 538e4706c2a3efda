/* Sockets of ours on a simulated network, in virtual time, with servers that say what they hear. */
import type { ServerSocket } from "../../src/server/contract.js";
import { createLifecycle } from "../../src/testing/lifecycle.js";
import { createNetwork } from "../../src/testing/network.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import type { Platform } from "../../src/testing/socket.js";
import { createVirtualClock } from "../../src/testing/virtual-clock.js";

export const A = "wss://a.test/live";
export const B = "wss://b.test/live";
const EVENTS = ["open", "message", "error", "close"] as const;

export interface Peer {
	readonly url: string;
	readonly socket: ServerSocket;
	readonly heard: (string | Uint8Array)[];
}

/** What answers a message of a client's; null: nothing does. */
type Answer = (text: string) => string | null;

export function setUp(platform: Platform = "browser", answer: Answer = () => null) {
	const clock = createVirtualClock();
	const random = seededRandom(7);
	const lifecycle = createLifecycle();
	const network = createNetwork({ clock, random, lifecycle, platform, handshakeRoundTrips: 1 });
	const peers: Peer[] = [];
	const dialled: string[] = [];
	for (const endpoint of [A, B])
		network.serve(endpoint, {
			request: () => Promise.reject(new Error("no HTTP here")),
			upgrade: ({ url }) => {
				dialled.push(url);
				return {
					type: "accept",
					open: (socket) => {
						const peer: Peer = { url, socket, heard: [] };
						peers.push(peer);
						return {
							message: (data) => {
								peer.heard.push(data);
								const text = answer(String(data));
								if (text !== null) socket.send(text);
							},
							closed: () => undefined,
						};
					},
				};
			},
		});
	const runtime = { clock, random, lifecycle, WebSocket: network.WebSocket };
	return { clock, network, lifecycle, peers, dialled, runtime };
}

/** Every event, and the state in it. */
export function record(socket: WebSocket): string[] {
	const seen: string[] = [];
	for (const type of EVENTS)
		socket.addEventListener(type, (event) => {
			const { code, data } = event as CloseEvent & MessageEvent;
			seen.push([type, socket.readyState, code ?? data].filter((it) => it !== undefined).join(" "));
		});
	return seen;
}
