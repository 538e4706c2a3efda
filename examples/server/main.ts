import { createServer as createHttpServer } from "node:http";
import { createServer } from "holdfast/server";
import { attach } from "holdfast/server/node";

const server = createServer({
	// Whose token is it? Here any name will do; verify a real one. null turns it away.
	authorize: ({ token }) => (token === null ? null : { id: token }),
	canPublish: (identity, channel) => channel !== "news" || identity.id === "editor",
});
const http = createHttpServer();
attach(http, server, { path: "/realtime" });
http.listen(Number(process.env.PORT ?? 8080), () => console.log("listening", http.address()));

// Before it stops, clients move to the other servers, a few at a time, and none misses a message.
process.once("SIGTERM", async () => {
	await server.drain({ withinMs: 30_000 });
	process.exit();
});
