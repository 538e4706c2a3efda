/* A port for a process that can't be asked which it took, and whether one is free. */
import { createServer } from "node:net";
import type { Target } from "../balancer.js";

/** Somebody could take it before it is used: then the start fails, and says so. */
export function freePort(host: string): Promise<number> {
	return listenOnce({ host, port: 0 });
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
