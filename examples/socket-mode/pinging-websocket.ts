/* Socket Mode has no question of its own to ask, so that a dead link must be found by WebSocket's pings. */
import type { WebSocketConstructor } from "holdfast";
import { WebSocket } from "ws";

const EVERY_MS = 5_000;

class Pinging extends WebSocket {
	constructor(url: string, protocols?: string | string[], options?: object) {
		super(url, protocols, options);
		let unanswered = 0;
		const pinging = setInterval(() => {
			if (this.readyState !== WebSocket.OPEN) return;
			if (unanswered >= 2) return this.terminate();
			unanswered += 1;
			this.ping();
		}, EVERY_MS);
		this.on("pong", () => {
			unanswered = 0;
		});
		this.on("close", () => clearInterval(pinging));
	}
}

export const PingingWebSocket = Pinging as unknown as WebSocketConstructor;
