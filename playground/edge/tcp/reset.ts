import type { Socket } from "node:net";

/**
 * Cuts a connection with a reset. One whose end is just being sent is closed instead: there libuv refuses to
 * reset (uv_tcp_close_reset: "must not be mixed with uv_shutdown"), and Node 20 leaves the descriptor open.
 * So is one that is still connecting, which Node would reset later, by then perhaps with an end on its way.
 */
export function reset(socket: Socket): void {
	const isEnding = socket.writableEnded && !socket.writableFinished;
	if (socket.connecting || isEnding) socket.destroy();
	else socket.resetAndDestroy();
}
