/*
 * Where an address of the edge is on this machine. With loopback aliases it is where it says, all at one
 * port; without them (macOS) each address is a name for a port of 127.0.0.1.
 */
import { createServer, type Server } from "node:net";
import type { Target } from "./balancer.js";

export interface Reach {
	readonly hasAliases: boolean;
	/** Where to listen; 0: any port. */
	readonly listen: (address: string) => Target;
	/** Who listens, says where: needed without aliases. */
	readonly listening: (address: string, port: number) => void;
	/** Where to connect. Throws for an address of nobody. */
	readonly of: (address: string) => Target;
	/** In URLs: of all balancers, with aliases. */
	readonly port: number;
}

const LOCAL = "127.0.0.1";
const MOST_TRIES = 20;

/** `port`: 0 takes any that is free at all addresses. `aliases`: for tests of a machine without. */
export async function findReach(
	addresses: readonly string[],
	port: number,
	aliases: "look" | "none" = "look",
): Promise<Reach> {
	const hasAliases = aliases === "look" && (await canListen(addresses));
	const common = hasAliases ? await findPort(addresses, port) : 0;
	const ports = new Map<string, number>();
	return {
		hasAliases,
		// Any: nobody dials it but by this book.
		port: hasAliases ? common : 443,
		listen: (address) => (hasAliases ? { host: address, port: common } : { host: LOCAL, port: 0 }),
		listening: (address, own) => void ports.set(address, own),
		of: (address) => {
			const own = ports.get(address);
			if (own === undefined) throw new Error(`${address} is nobody's address.`);
			return { host: hasAliases ? address : LOCAL, port: own };
		},
	};
}

async function canListen(addresses: readonly string[]): Promise<boolean> {
	for (const address of addresses) {
		const server = await listen(address, 0).catch(() => null);
		if (server === null) return false;
		await close(server);
	}
	return true;
}

/** Somebody could take it before we do: then the start fails, and says so. */
async function findPort(addresses: readonly string[], wanted: number): Promise<number> {
	for (let tries = 1; ; tries++) {
		const servers: Server[] = [];
		let port = wanted;
		try {
			for (const address of addresses) {
				const server = await listen(address, port);
				servers.push(server);
				port = (server.address() as { port: number }).port;
			}
			return port;
		} catch (error) {
			if (wanted !== 0 || tries === MOST_TRIES) throw error;
		} finally {
			for (const server of servers) await close(server);
		}
	}
}

function listen(host: string, port: number): Promise<Server> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once("error", reject);
		server.listen(port, host, () => resolve(server));
	});
}

function close(server: Server): Promise<void> {
	return new Promise((resolve) => server.close(() => resolve()));
}
