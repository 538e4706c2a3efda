import { docs, setupWSConnection } from "@y/websocket-server/utils";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { type Library, serve } from "./library.js";

let rooms = 0;

export const yWebsocket: Library = {
	name: "y-websocket",
	path: "/yjs",
	// Its own server, @y/websocket-server: all servers of this process share their documents.
	serve: () => serve((socket, request) => setupWSConnection(socket, request)),
	open: (failoverWebSocket, endpoints) => {
		const doc = new Y.Doc();
		const room = `room-${++rooms}`;
		// recipe
		const provider = new WebsocketProvider(endpoints[0] as string, room, doc, {
			WebSocketPolyfill: failoverWebSocket({
				endpoints,
				heartbeat: {
					// "Sync step 1" of one who knows nothing: answered by the whole document. Where that is
					// large, leave the heartbeat out: the provider itself notices within 45 s.
					message: () => Uint8Array.of(0, 0, 1, 0),
					isReply: (data) => new Uint8Array(data as ArrayBuffer)[1] === 1,
				},
			}),
		});
		// end
		const said = doc.getMap<string>("said");
		return {
			/** What the server has of it: there it is answered, and the answer comes back as a change. */
			echo: (text) =>
				new Promise((resolve) => {
					const heard = doc.getMap<string>("heard");
					heard.observe(() => {
						if (heard.has(text)) resolve(text);
					});
					said.set(text, text);
					const answer = (): void => {
						const theirs = docs.get(`yjs/${room}`);
						if (theirs?.getMap("said").has(text)) theirs.getMap("heard").set(text, text);
						else setTimeout(answer, 20).unref();
					};
					answer();
				}),
			close: () => {
				provider.destroy();
				doc.destroy();
			},
		};
	},
};
