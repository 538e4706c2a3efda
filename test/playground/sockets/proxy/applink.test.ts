/*
 * E6, E13: Applink behind PoPs. The unmodified @slack/socket-mode fetches its ticket from the API and dials the name
 * that it is given, by our DNS: balancer, a PoP's proxy, mutual TLS, the main region.
 */
import { describe, expect, it } from "vitest";
import { CONFIG, namesOf } from "../../../../playground/edge/config.js";
import { until } from "../../../support/until.js";
import { APP, connectOfficial, TOKEN } from "../applink-rig.js";
import { healed, rigOfTest } from "../edge-rig.js";
import { networkNear } from "../network-near.js";
import { isMissing } from "./proxy-rig.js";

const PATIENCE_MS = 60_000;
const PROXIES = isMissing("envoy", "haproxy")
	? (["embedded"] as const)
	: (["embedded", "envoy", "haproxy"] as const);

describe.each(PROXIES)("an app behind PoPs of %s", (proxy) => {
	it("comes by its ticket through the nearest, and through another when that is killed: nothing is lost", async () => {
		const rig = await rigOfTest({ proxy, ttl: 1, apps: [{ id: APP, token: TOKEN }] });
		const { assembly } = rig.edge;
		const { applink } = assembly.main.apps;
		const through = (): readonly string[] =>
			assembly.pops
				.filter(({ balancers }) => balancers.some(({ connections }) => connections > 0))
				.map(({ config }) => config.name);
		const { api } = assembly.where.node;
		const app = connectOfficial(`${api}/api/`, { dispatcher: networkNear(rig, "DUB") });
		await app.client.start();
		expect(applink.counts.sockets).toEqual({ [APP]: 1 });

		// The API's connection is kept for a while, and is Dublin's too.
		const speaker = rig.client("FRA");
		let published = 0;
		const say = async (): Promise<void> => {
			await speaker.publish(`app:${APP}`, `number ${published}`);
			published += 1;
		};
		for (let n = 0; n < 20; n += 1) await say();
		await until(() => applink.counts.acknowledged === published, "all to be acknowledged");
		expect(through()).toContain("DUB");
		expect(assembly.pop("DUB").link?.bytes.down).toBeGreaterThan(0);

		await rig.control.act({ do: "kill-pop", pop: "DUB" });
		const connections = (): number => app.states.filter((state) => state === "connected").length;
		while (connections() < 2) {
			await say();
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		await until(() => applink.counts.acknowledged === published, "all of them", PATIENCE_MS);
		expect(through()).not.toContain("DUB");
		expect(new Set(app.seen.map(({ event }) => event)).size).toBe(published);
		expect(applink.counts).toMatchObject({ pending: 0, failed: 0, strange: 0 });
		// What came again said so.
		expect(app.seen.filter(({ retry }) => retry === 0).length).toBeLessThanOrEqual(published);
		await healed(rig);
	}, 120_000);

	it("is refused without a ticket, with another's, and with one that was used", async () => {
		const rig = await rigOfTest({ proxy, apps: [{ id: APP, token: TOKEN }] });
		const { api, endpoints } = rig.edge.assembly.where.node;
		const network = networkNear(rig, "LHR");
		const [primary] = endpoints;
		const open = async (): Promise<string> => {
			const asked = await network.request({
				...{ origin: api, path: "/api/apps.connections.open", method: "POST" },
				headers: { authorization: `Bearer ${TOKEN}` },
			});
			return ((await asked.body.json()) as { url: string }).url;
		};
		const dial = async (url: string): Promise<number> => {
			const { origin, pathname, search } = new URL(url.replace("wss:", "https:"));
			try {
				const { socket } = await network.upgrade({
					...{ origin, path: pathname + search, protocol: "websocket" },
					headers: {
						"sec-websocket-version": "13",
						"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
					},
				});
				socket.destroy();
				return 101;
			} catch (error) {
				return (error as { statusCode?: number }).statusCode ?? 0;
			}
		};
		const url = await open();
		expect(new URL(url).host).toContain(namesOf(CONFIG).primary);
		expect(await dial(url)).toBe(101);
		for (const wrong of [url, `${primary}link/`, `${primary}link/?ticket=none&app_id=${APP}`])
			expect(await dial(wrong)).not.toBe(101);
		// Who can't dial one name gets the other with the next ticket.
		expect(new URL(await open()).host).toContain(namesOf(CONFIG).backup);
	}, 60_000);
});
