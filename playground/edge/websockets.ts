/* The one door to `ws`, for both sides of it. */
export { WebSocket, WebSocketServer } from "ws";
