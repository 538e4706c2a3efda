/* Upgrades refused with a status that Node can see: V5, V8, V9, and S6's Retry-After. */
import { describe, expect, it } from "vitest";
import { edgeOf } from "../support/real-edge.js";
import { CANARY_TOKEN } from "../support/secrets.js";
import { until, when } from "../support/until.js";

describe.concurrent("an upgrade refused", () => {
	it("with 401 is tried once more with a fresh token, and then never again", async (test) => {
		const edge = await edgeOf(test, { gateways: 1 });
		edge.primary.door = { status: "401 Unauthorized" };
		const reasons: string[] = [];
		const client = edge.client({
			getToken: async ({ reason }) => {
				reasons.push(reason);
				return CANARY_TOKEN;
			},
		});
		await expect(client.connect()).rejects.toMatchObject({ code: "unauthorized" });
		client.wake("online");
		client.reconnect();
		expect(reasons).toEqual(["initial", "rejected"]);
		expect([edge.primary.upgrades, client.stats.get().dials]).toEqual([2, 2]);
		edge.primary.door = "open";
		await client.connect();
		expect(client.connection.get().status).toBe("connected");
	});

	it("with 403 stops the client at once, with what to do about it", async (test) => {
		const edge = await edgeOf(test);
		edge.primary.door = { status: "403 Forbidden" };
		const client = edge.client();
		await expect(client.connect()).rejects.toMatchObject({ code: "forbidden", retryable: false });
		expect(client.connection.get()).toMatchObject({ cause: { remediation: expect.any(String) } });
		expect([edge.primary.upgrades, edge.backup.upgrades]).toEqual([1, 0]);
	});

	it.for(["503 Service Unavailable", "429 Too Many Requests"])(
		"with %s and Retry-After is obeyed, whoever urges, at the backup too",
		async (status, test) => {
			const edge = await edgeOf(test);
			edge.primary.door = { status, headers: "Retry-After: 2\r\n" };
			const client = edge.client();
			const startedAt = performance.now();
			const connecting = client.connect();
			await until(() => edge.primary.upgrades === 1, "the first upgrade");
			await when(client.connection, (state) => state.status === "reconnecting", "the refusal");
			edge.primary.door = "open";
			client.wake("online");
			client.reconnect();
			await client.close();
			await connecting.catch(() => undefined);
			const again = when(client.connection, ({ status }) => status === "connected", "a link");
			client.connect().catch(() => undefined);
			await again;
			// Never earlier; how much later is the bench's to say.
			expect(performance.now() - startedAt).toBeGreaterThanOrEqual(2_000);
			expect(edge.primary.upgrades + edge.backup.upgrades).toBe(2);
		},
	);

	it("with 503 alone is a proxy with nobody behind it: the backup is next", async (test) => {
		const edge = await edgeOf(test);
		edge.primary.door = { status: "503 Service Unavailable" };
		const client = edge.client();
		await client.connect();
		expect(client.connection.get()).toMatchObject({ status: "connected", role: "backup" });
	});
});
