/* A port for a program that must be told one, and whether one is free. */
import { createServer } from "node:net";
import type { Target } from "../balancer.js";

/** Another process may take it first: then the start of whoever was told it fails, and says so. */
export function freePort(): Promise<number> {
	return listenOnce({ host: "127.0.0.1", port: 0 });
}

/** Rejects, in words for people. Envoys share a port in silence, so each has to ask before it is the first. */
export async function checkFree(target: Target): Promise<void> {
	await listenOnce(target).catch((error: NodeJS.ErrnoException) => {
		const { code } = error;
		const why = code === "EADDRINUSE" ? "is in use: stop who has it, or choose another" : code;
		throw new Error(`Port ${target.port} of ${target.host} ${why}`);
	});
}

function listenOnce({ host, port }: Target): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once("error", reject);
		server.listen(port, host, () => {
			const { port: taken } = server.address() as { port: number };
			server.close(() => resolve(taken));
		});
	});
}
