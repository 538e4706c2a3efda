/* E13: the unmodified @slack/socket-mode against our Applink. */
import { expect, it } from "vitest";
import { until } from "../../support/until.js";
import { APP, type OfficialClient, type Seen, startApplink } from "./applink-rig.js";

const events = ({ seen }: OfficialClient): ReadonlySet<string> =>
	new Set(seen.map(({ event }) => event));

/** What came again says so, and came under another envelope. */
function expectFlagged({ seen }: OfficialClient): void {
	expect(new Set(seen.map(({ envelope }) => envelope)).size).toBe(seen.length);
	const firsts = new Map<string, Seen>();
	for (const each of seen) {
		if (firsts.has(each.event)) {
			expect(each.retry).toBeGreaterThan(0);
			expect(["timeout", "connection_failed"]).toContain(each.reason);
		}
		firsts.set(each.event, each);
	}
}

it("connects, hears of events, actions and commands, and acknowledges with an answer", async () => {
	const { applink, client, publish } = await startApplink();
	const app = client({ acknowledges: ({ event }) => ({ text: `did ${event}` }) });
	const opened = await app.client.start();
	expect(opened).toMatchObject({ ok: true });
	expect(applink.counts.sockets).toEqual({ [APP]: 1 });
	expect(await publish("said")).toEqual({
		is: "acknowledged",
		attempts: 1,
		payload: undefined,
	});
	for (const kind of ["interactive", "slash_commands"] as const)
		expect(await publish(kind, kind)).toMatchObject({
			is: "acknowledged",
			payload: { text: `did ${kind}` },
		});
	expect(app.seen.map(({ event }) => event)).toEqual(["said", "interactive", "slash_commands"]);
	expect(applink.counts).toMatchObject({ pending: 0, acknowledged: 3, failed: 0, strange: 0 });
});

it("survives three refreshes with their warnings: every event is acknowledged", async () => {
	const policy = { lifetimeMs: 3_000, warningMs: 1_500, ackMs: 1_000 };
	const { client, publish } = await startApplink({ policy });
	const app = client();
	await app.client.start();
	const outcomes = [];
	let published = 0;
	while (app.states.filter((state) => state === "connected").length < 4) {
		outcomes.push(publish(`Ev${published++}`));
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	for (const outcome of await Promise.all(outcomes)) expect(outcome.is).toBe("acknowledged");
	expect(events(app).size).toBe(published);
	expect(published).toBeGreaterThan(30);
	expectFlagged(app);
});

it("comes back after a refresh that nobody announced", async () => {
	const { applink, client, publish } = await startApplink();
	const app = client();
	await app.client.start();
	applink.refresh(APP);
	await until(() => app.states.at(-1) === "connected" && app.states.includes("reconnecting"), "it");
	expect(await publish("after")).toMatchObject({ is: "acknowledged" });
});

it("is told that there are too many sockets, and gets in when one has gone", async () => {
	const { applink, client, publish } = await startApplink({ policy: { maxSockets: 2 } });
	const [first, second, third] = [client(), client(), client()];
	await first.client.start();
	await second.client.start();
	const starting = third.client.start();
	await until(() => third.states.includes("reconnecting"), "the third to be turned away");
	expect(third.states).not.toContain("connected");
	expect(applink.counts.sockets).toEqual({ [APP]: 2 });
	await first.client.disconnect();
	await starting;
	expect(applink.counts.sockets).toEqual({ [APP]: 2 });
	expect(await publish("now")).toMatchObject({ is: "acknowledged" });
});

it("is cut off when Socket Mode is turned off, and comes back when it is on again", async () => {
	const { applink, client, publish } = await startApplink();
	const app = client();
	await app.client.start();
	applink.turn(APP, "off");
	await until(() => applink.counts.refused > 0, "the client to ask again, and be refused");
	expect(await publish("meanwhile")).toMatchObject({ is: "failed", reason: "link-disabled" });
	expect(applink.counts.sockets).toEqual({});
	applink.turn(APP, "on");
	await until(() => app.states.filter((state) => state === "connected").length === 2, "it");
	expect(await publish("after")).toMatchObject({ is: "acknowledged" });
}, 90_000);

it("is sent again, flagged, what it did not acknowledge", async () => {
	const policy = { ackMs: 600, retryAfterMs: [0, 100, 100, 100, 100] };
	const { client, publish } = await startApplink({ policy });
	const app = client({ acknowledges: ({ retry }) => retry >= 2 && {} });
	await app.client.start();
	expect(await publish("Ev1")).toMatchObject({ is: "acknowledged" });
	expect(app.seen.slice(0, 3).map(({ retry, reason }) => [retry, reason])).toEqual([
		[0, ""],
		[1, "timeout"],
		[2, "timeout"],
	]);
	expectFlagged(app);
});

it("loses nothing when the host of its socket is killed, again and again", async () => {
	const { applink, client, publish } = await startApplink();
	const app = client();
	await app.client.start();
	const outcomes = [];
	let published = 0;
	for (let kills = 1; kills <= 3; kills += 1) {
		for (let n = 0; n < 20; n += 1) outcomes.push(publish(`Ev${published++}`));
		// Some of them are on their way: nobody waits for them.
		for (const host of applink.hosts) await host.kill();
		outcomes.push(publish(`Ev${published++}`));
		for (const host of applink.hosts) await host.start();
		const back = () => app.states.filter((state) => state === "connected").length > kills;
		await until(back, "the client to come back");
	}
	for (const outcome of await Promise.all(outcomes)) expect(outcome.is).toBe("acknowledged");
	expect(applink.counts).toMatchObject({ acknowledged: published, failed: 0, pending: 0 });
	expect(events(app).size).toBe(published);
	expect(app.seen.filter(({ reason }) => reason === "connection_failed")).not.toHaveLength(0);
	expectFlagged(app);
});
