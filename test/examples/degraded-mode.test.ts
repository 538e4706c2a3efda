import { createHarness } from "holdfast/testing";
import { expect, it } from "vitest";

it("goes on over HTTP when WebSockets are refused, says so, and comes back", async () => {
	// Your client's options go here. The server half is the real one; network and clock are not.
	const { client, clock, server } = createHarness<{ room: string }>({ seed: 7 });
	const heard: string[] = [];
	client.subscribe("room", ({ data, via }) => heard.push(`${data} (${via})`));
	await clock.advance(1_000);
	expect(client.connection.get().status).toBe("connected");

	server.behavior = { refuse: 503 };
	server.close(1001);
	await clock.advance(5_000);
	expect(client.banner.get()?.kind).toBe("degraded");
	server.publish("room", "hello");
	await clock.advance(15_000);

	server.behavior = "accept";
	await clock.advance(60_000);
	expect(client.banner.get()).toBeNull();
	server.publish("room", "hello again");
	await clock.advance(1_000);
	expect(heard).toEqual(["hello (polling)", "hello again (websocket)"]);
	await client.close();
});
