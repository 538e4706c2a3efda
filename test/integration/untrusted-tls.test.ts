/* FAULTS N22: an endpoint whose TLS proves nothing is left for the next one, and is told nothing. */
import { createServer as createTcp, connect, type Server, type Socket } from "node:net";
import { createServer as createTls } from "node:tls";
import { generate } from "selfsigned";
import { expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { type Authority, type KeyPair, newAuthority } from "../../playground/edge/tls/authority.js";
import type { WebSocketConstructor } from "../../src/runtime/runtime.js";
import { edgeOf } from "../support/real-edge.js";
import { canaryLogger } from "../support/secrets.js";
import { when } from "../support/until.js";

const HOST = "localhost";

/** What an endpoint shows in place of a certificate that is right; null: it does not speak TLS. */
const SHOWN: readonly (readonly [string, (authority: Authority) => Promise<KeyPair | null>])[] = [
	["a certificate for another host", (authority) => authority.issue(["elsewhere.test"])],
	["one that ran out yesterday", (authority) => authority.issue([HOST], "expired")],
	["one that it signed itself", () => signedByItself()],
	[
		"one of an authority that nobody trusts",
		async () => (await newAuthority("nobody")).issue([HOST]),
	],
	["no TLS at all", async () => null],
];

async function signedByItself(): Promise<KeyPair> {
	const made = await generate([{ name: "commonName", value: HOST }], {
		...{ keyType: "ec", curve: "P-256", algorithm: "sha256" },
		extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: HOST }] }],
	});
	return { key: made.private, cert: made.cert };
}

/** Passes on to the gateway whatever it can read, and keeps it. */
async function front(pair: KeyPair | null, gatewayPort: number) {
	const heard: Buffer[] = [];
	let connections = 0;
	const sockets = new Set<Socket>();
	const pass = (socket: Socket): void => {
		const gateway = connect(gatewayPort, "127.0.0.1");
		for (const each of [socket, gateway]) {
			sockets.add(each);
			each.on("error", () => each.destroy());
		}
		socket.on("data", (part) => heard.push(part));
		socket.pipe(gateway).pipe(socket);
	};
	const server: Server = pair === null ? createTcp(pass) : createTls(pair, pass);
	server.on("connection", () => {
		connections += 1;
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	const { port } = server.address() as { readonly port: number };
	return {
		url: `wss://${HOST}:${port}`,
		heard: () => Buffer.concat(heard).toString("latin1"),
		connections: () => connections,
	};
}

it.each(SHOWN)(
	"%s: the backup has the client, and the primary saw no request, so no token",
	async (_what, show) => {
		const edge = await edgeOf({ onTestFinished });
		const authority = await newAuthority("test");
		const bad = await front(await show(authority), edge.primary.proxy.port);
		const good = await front(await authority.issue([HOST]), edge.backup.proxy.port);
		class Trusting extends WebSocket {
			constructor(url: string, protocols?: string | string[], options?: object) {
				super(url, protocols, { ...options, ca: authority.cert });
			}
		}
		const client = edge.client({
			endpoints: [bad.url, good.url],
			runtime: {
				WebSocket: Trusting as unknown as WebSocketConstructor,
				logger: canaryLogger(),
				resolver: null,
			},
		});
		await client.connect();
		const state = await when(client.connection, ({ status }) => status === "connected", "a link");
		expect(state).toMatchObject({ role: "backup", endpoint: good.url });
		expect(bad.connections()).toBeGreaterThan(0);
		expect(bad.heard()).not.toContain("GET / HTTP");
		// That it would have been heard: the backup was asked.
		expect(good.heard()).toContain("GET / HTTP");
	},
);
