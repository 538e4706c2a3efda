/* Which of a PoP's proxies can be told to load its lists again. */
import { expect, it } from "vitest";
import { PopProxies } from "../../../playground/edge/pop/pop-proxies.js";
import type { PopProxy } from "../../../playground/edge/pop/proxy.js";
import { RealProxy, type RealProxyOptions } from "../../../playground/edge/proxy/real-proxy.js";

/** It is not started, and reads no more than this. */
const realProxy = (kind: RealProxyOptions["kind"]): PopProxy =>
	new RealProxy({ kind, certificate: { key: "", cert: "" } } as RealProxyOptions);

it("HAProxy can, and Envoy, whose lists come by files, can't", () => {
	expect(realProxy("haproxy").reload).toBeDefined();
	expect(realProxy("envoy").reload).toBeUndefined();
});

it("where one of two can, that one does; where none can, it says so", async () => {
	let loads = 0;
	const reload = async (): Promise<void> => {
		loads += 1;
	};
	const haproxy = { reload } as PopProxy;
	const arms = [
		{ name: "old", proxy: haproxy },
		{ name: "new", proxy: realProxy("envoy") },
	] as const;
	await new PopProxies(arms).reload();
	expect(loads).toBe(1);
	await expect(new PopProxies([arms[1]]).reload()).rejects.toThrow(/HAProxy/);
});
