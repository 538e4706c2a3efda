/*
 * A process with a client, in a situation, that closes it and then has nothing left to do: it ends by
 * itself or not at all. It prints "ready" when the situation is there, "closed" once close() is done,
 * and all that nobody caught.
 */
import { createClient } from "../../../src/client/create-client.js";
import type { ConnectionState } from "../../../src/connection/projection.js";

const [situation = "", url = "", api = "", token = ""] = process.argv.slice(2);

process.on("uncaughtException", (reason) => process.stdout.write(`uncaught ${reason}\n`));
process.on("unhandledRejection", (reason) => process.stdout.write(`unhandled ${reason}\n`));

const client = createClient({
	endpoints: [url],
	api,
	getToken: situation === "token" ? () => new Promise(() => undefined) : async () => token,
	connect: situation === "unused" ? "manual" : "eager",
	reconnect: { firstRedialWindowMs: 50 },
	degraded: { enterAfterMs: 100, intervalMs: [100, 200], polling: "long-poll" },
});

function seen(fits: (state: ConnectionState) => boolean): Promise<void> {
	return new Promise((resolve) => {
		const look = (): void => {
			if (fits(client.connection.get())) resolve();
		};
		client.connection.subscribe(look);
		client.mode.subscribe(look);
		look();
	});
}

const WAITS: Readonly<Record<string, () => Promise<unknown>>> = {
	unused: async () => undefined,
	connected: async () => {
		client.subscribe("room", () => undefined);
		await client.publish("room", 1);
	},
	dialing: () => seen(({ status }) => status === "connecting"),
	token: () => seen(({ status }) => status === "connecting"),
	waiting: () => seen((state) => state.status === "reconnecting" && state.retryAt !== null),
	polling: async () => {
		client.subscribe("room", () => undefined);
		await client.publish("room", 1);
		await seen(() => client.stats.get().polls > 1);
	},
};

await WAITS[situation]?.();
process.stdout.write("ready\n");
// The other side may change the situation once more before it asks us to close.
await new Promise((resolve) => process.stdin.once("end", resolve).resume());
if (situation !== "unused") {
	// What is pending ends with the client, and each end is somebody's to hear.
	client.publish("room", 2).catch(({ code }) => process.stdout.write(`rejected ${code}\n`));
	await client.close();
}
process.stdout.write(`closed ${client.connection.get().status}\n`);
