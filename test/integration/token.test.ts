/* S22's failures on real sockets: a token function that misbehaves, and servers that refuse what it gives. */
import { afterEach, describe, expect, it } from "vitest";
import type { Client } from "../../src/client/client.js";
import type { ClientOptions } from "../../src/client/options.js";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { createRealEdge, type RealEdge } from "../support/real-edge.js";
import { CANARY_TOKEN } from "../support/secrets.js";
import { until, when } from "../support/until.js";

let edge: RealEdge;
afterEach(() => edge.stop());

type GetToken = NonNullable<ClientOptions["getToken"]>;
type Reason = Parameters<GetToken>[0]["reason"];

async function clientWith(
	getToken: GetToken,
	options: Partial<ClientOptions> = {},
): Promise<Client> {
	edge = await createRealEdge();
	return edge.client({ getToken, ...options });
}

const failure = async (client: Client): Promise<RealtimeError> => {
	const state = await when(client.connection, ({ status }) => status === "failed", "failed");
	return (state as { readonly cause: RealtimeError }).cause;
};
const charged = (client: Client): readonly number[] =>
	client.endpoints.get().map(({ failures }) => failures);

/** What the platform throws, or an app that is not written in TypeScript. */
const FAILURES: Readonly<Record<string, () => Promise<string>>> = {
	rejects: () => Promise.reject(new Error("the token server is down")),
	"throws at the call": () => {
		throw new TypeError("boom");
	},
	"rejects with nothing": () => Promise.reject(undefined),
};

describe("a token function that", () => {
	it.each(Object.entries(FAILURES))(
		"%s is asked again, and costs no endpoint",
		async (_name, fail) => {
			let isWell = false;
			const client = await clientWith(async () => (isWell ? CANARY_TOKEN : fail()));
			const receipt = client.publish("room", 1);
			const state = await when(
				client.connection,
				({ status }) => status === "reconnecting",
				"trouble",
			);
			expect(state).toMatchObject({ cause: { code: "unauthorized", retryable: true } });
			expect(charged(client)).toEqual([0, 0]);
			isWell = true;
			expect((await receipt).status).toBe("stored");
			expect(charged(client)).toEqual([0, 0]);
		},
	);

	it("hangs holds up nothing but itself, and goes on when it comes to", async () => {
		let give = (_token: string): void => undefined;
		const token = new Promise<string>((resolve) => {
			give = resolve;
		});
		const client = await clientWith(() => token, { reconnect: { dialTimeoutMs: 400 } });
		const receipt = client.publish("room", 1);
		await when(client.connection, ({ status }) => status === "reconnecting", "the deadline");
		expect(charged(client)).toEqual([0, 0]);
		give(CANARY_TOKEN);
		expect((await receipt).status).toBe("stored");
		expect(charged(client)).toEqual([0, 0]);
	});

	it("hangs is told when the client closes", async () => {
		let signal: AbortSignal | undefined;
		const client = await clientWith((asked) => {
			signal = asked.signal;
			return new Promise(() => undefined);
		});
		const connecting = client.connect();
		await until(() => signal !== undefined, "the question");
		await client.close();
		await expect(connecting).rejects.toMatchObject({ code: "closed" });
		expect(signal?.aborted).toBe(true);
	});

	it.each([undefined, null, "", 7])(
		"returns %s stops the client, which says so",
		async (nothing) => {
			const client = await clientWith(async () => nothing as unknown as string);
			await expect(client.connect()).rejects.toMatchObject({ code: "unauthorized" });
			const cause = await failure(client);
			expect(cause.retryable).toBe(false);
			expect(cause.remediation).toContain("getToken");
		},
	);

	it("gives up stops the client, until the app connects again", async () => {
		let isLoggedIn = false;
		const client = await clientWith(async () => {
			if (isLoggedIn) return CANARY_TOKEN;
			throw new RealtimeError("unauthorized", "Nobody is logged in.");
		});
		await expect(client.connect()).rejects.toMatchObject({ message: "Nobody is logged in." });
		const { dials } = client.stats.get();
		isLoggedIn = true;
		client.wake("resumed");
		expect([client.connection.get().status, client.stats.get().dials]).toEqual(["failed", dials]);
		await client.connect();
		expect((await client.publish("room", 1)).status).toBe("stored");
	});
});

describe("a token that is refused", () => {
	it("by the server is replaced once, then the client stops", async () => {
		const reasons: Reason[] = [];
		const client = await clientWith(async ({ reason }) => {
			reasons.push(reason);
			return `${CANARY_TOKEN}-of-nobody`;
		});
		await expect(client.connect()).rejects.toMatchObject({ code: "unauthorized" });
		await failure(client);
		expect(reasons).toEqual(["initial", "rejected"]);
		expect(client.stats.get().dials).toBe(2);
		expect(charged(client)).toEqual([0, 0]);
	});

	it("and then is good keeps the client going", async () => {
		const client = await clientWith(async ({ reason }) =>
			reason === "rejected" ? CANARY_TOKEN : `${CANARY_TOKEN}-of-yesterday`,
		);
		expect((await client.publish("room", 1)).status).toBe("stored");
	});

	it("in degraded mode is replaced too", async () => {
		const client = await clientWith(async ({ reason }) =>
			reason === "rejected" ? CANARY_TOKEN : `${CANARY_TOKEN}-of-yesterday`,
		);
		for (const gateway of edge.gateways) await gateway.proxy.refuse();
		expect((await client.publish("room", 1)).status).toBe("stored");
		expect(client.connection.get().status).not.toBe("connected");
	});
});
