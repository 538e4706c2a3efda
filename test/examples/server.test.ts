import { createClient } from "holdfast";
import { expect, it, onTestFinished } from "vitest";
import { start } from "../support/program.js";

async function serve(): Promise<{ port: number; server: ReturnType<typeof start> }> {
	const server = start(["examples/server/main.ts"], { PORT: "0" });
	onTestFinished(() => server[Symbol.asyncDispose]());
	const [, port] = await server.says(/port: (\d+)/);
	return { port: Number(port), server };
}

it("stores what is published, and tells it to who listens", async () => {
	const { port } = await serve();
	const client = createClient<{ general: string }>({
		endpoints: [`ws://127.0.0.1:${port}/realtime`],
		getToken: async () => "ada",
	});
	onTestFinished(() => client.close());
	const heard = new Promise((resolve) => {
		client.subscribe("general", ({ from, data }) => resolve({ from, data }));
	});
	const receipt = await client.publish("general", "hello");
	expect(receipt).toMatchObject({ status: "stored", duplicate: false });
	expect(await heard).toEqual({ from: "ada", data: "hello" });
});

it("refuses a publish that its rules do not allow", async () => {
	const { port } = await serve();
	const client = createClient<{ news: string }>({
		endpoints: [`ws://127.0.0.1:${port}/realtime`],
		getToken: async () => "ada",
	});
	onTestFinished(() => client.close());
	await expect(client.publish("news", "I am no editor")).rejects.toMatchObject({
		code: "forbidden",
	});
});

it("drains when it is asked to stop: clients hear goodbye before it ends", async () => {
	const { port, server } = await serve();
	const backup = await serve();
	const client = createClient({
		endpoints: [`ws://127.0.0.1:${port}/realtime`, `ws://127.0.0.1:${backup.port}/realtime`],
		getToken: async () => "ada",
	});
	onTestFinished(() => client.close());
	await client.connect();
	const statuses: string[] = [];
	client.connection.subscribe(({ status }) => statuses.push(status));
	const goodbye = new Promise((resolve) => client.on("goodbye", ({ reason }) => resolve(reason)));
	server.signal("SIGTERM");
	expect(await goodbye).toBe("drain");
	expect(await server.ended).toBe(0);
	expect(client.connection.get()).toMatchObject({ status: "connected", role: "backup" });
	expect(new Set(statuses)).toEqual(new Set(["connected"]));
});
