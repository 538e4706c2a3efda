/* FAULTS N20 and N21: a real proxy on the way that strips Upgrade, or that cuts who is silent. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { freePort } from "../../playground/edge/tools/free-port.js";
import { ServerProcess } from "../../playground/edge/tools/server-process.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { createRealEdge, type RealEdge } from "../support/real-edge.js";
import { withTool } from "../support/real-tool.js";
import { until, when } from "../support/until.js";

const CUT_AFTER_S = 8;
/** As a client is told by default: it asks after six seconds of silence. */
const BEAT = { heartbeatMs: 6_000, heartbeatTimeoutMs: 3_000 };

interface Ports {
	readonly idle: number;
	readonly stripped: number;
	readonly gateway: number;
	readonly mute: number;
}

const configOf = ({ idle, stripped, gateway, mute }: Ports): string => `
defaults
	mode http
	timeout connect 5s
	timeout client ${CUT_AFTER_S}s
	timeout server ${CUT_AFTER_S}s
	timeout tunnel ${CUT_AFTER_S}s
frontend idle
	bind 127.0.0.1:${idle}
	use_backend mute if { path /mute }
	default_backend gateway
frontend stripped
	bind 127.0.0.1:${stripped}
	http-request del-header Upgrade
	http-request del-header Connection
	default_backend gateway
backend gateway
	server one 127.0.0.1:${gateway}
backend mute
	server one 127.0.0.1:${mute}
`;

await withTool("haproxy", (program) => {
	describe("behind a HAProxy", () => {
		let edge: RealEdge;
		let mute: WebSocketServer;
		let haproxy: ServerProcess;
		let ports: Ports;

		beforeAll(async () => {
			edge = await createRealEdge({ gateways: 1, server: BEAT });
			mute = new WebSocketServer({ host: "127.0.0.1", port: 0 });
			await once(mute, "listening");
			ports = {
				...{ idle: await freePort(), stripped: await freePort() },
				gateway: edge.primary.proxy.port,
				mute: (mute.address() as { readonly port: number }).port,
			};
			haproxy = await ServerProcess.start({
				program,
				args: ({ folder }) => ["-W", "-f", `${folder}/config`],
				config: configOf(ports),
				ready: /Loading success/,
			});
		});
		afterAll(async () => {
			await edge.stop();
			await haproxy[ASYNC_DISPOSE]();
			mute.close();
		});

		it("that cuts who is silent for 8 s, a client that has nothing to say keeps its link", async () => {
			const client = edge.client({ endpoints: [`ws://127.0.0.1:${ports.idle}`] });
			client.subscribe("room", () => undefined);
			await client.connect();
			// Twice, one after the other: that the proxy does it, and that time enough has passed.
			for (let time = 0; time < 2; time++) {
				const silent = new WebSocket(`ws://127.0.0.1:${ports.idle}/mute`);
				await once(silent, "close");
			}
			expect(client.connection.get()).toMatchObject({ status: "connected" });
			expect(client.stats.get()).toMatchObject({ dials: 1 });
		});

		it("that strips Upgrade, messages go over HTTP, both ways", async () => {
			const address = `127.0.0.1:${ports.stripped}`;
			const client = edge.client({ endpoints: [`ws://${address}`], api: `http://${address}` });
			const heard: unknown[] = [];
			client.subscribe("hall", ({ data }) => heard.push(data));
			client.connect().catch(() => undefined);
			await when(client.mode, ({ mode }) => mode === "degraded", "degraded mode");
			const receipt = await client.publish("hall", "up");
			expect(receipt).toMatchObject({ status: "stored" });
			await edge.publish("hall", "down");
			await until(() => heard.includes("down"), "what was published");
			expect(heard).toEqual(["up", "down"]);
			expect(client.connection.get().status).not.toBe("connected");
		});
	});
});
