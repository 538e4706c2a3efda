/* The example, as a process, against our Applink: no gap at refreshes, and what its README promises. */
import { expect, it, onTestFinished } from "vitest";
import type { Kind, Outcome } from "../../playground/edge/applink/contract.js";
import { APP, type ApplinkRig, startApplink, TOKEN } from "../playground/sockets/applink-rig.js";
import { start } from "../support/program.js";
import { until } from "../support/until.js";

async function run({ api }: ApplinkRig, token = TOKEN) {
	const environment = { SLACK_APP_TOKEN: token, SLACK_API: api };
	const app = start(["examples/socket-mode/main.ts"], environment);
	onTestFinished(() => app[Symbol.asyncDispose]());
	return app;
}

const times = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

/** Commands among events: where there is no socket, one of those fails at once. */
function traffic({ publish }: ApplinkRig) {
	const outcomes: Promise<Outcome>[] = [];
	const kinds: readonly Kind[] = ["events_api", "slash_commands"];
	const ticking = setInterval(() => {
		const at = outcomes.length;
		outcomes.push(publish(`Ev${at}`, kinds[at % 2]));
	}, 20);
	onTestFinished(() => clearInterval(ticking));
	return {
		end: () => {
			clearInterval(ticking);
			return Promise.all(outcomes);
		},
	};
}

it("goes through three refreshes without a gap: each event is acknowledged, once, at the first try", async () => {
	// A socket every two seconds; patience for a machine that has other work.
	const policy = { lifetimeMs: 10_000, warningMs: 8_000, ackMs: 20_000 };
	const rig = await startApplink({ policy });
	const app = await run(rig);
	await app.says(/connected/);
	const { end } = traffic(rig);
	await until(() => times(app.output, /^connected$/gm) >= 4, "three refreshes", 50_000);
	const outcomes = await end();
	expect(times(app.output, /^disconnect: warning$/gm)).toBeGreaterThanOrEqual(3);
	expect(outcomes.length).toBeGreaterThan(100);
	expect(outcomes.filter(({ is, attempts }) => is !== "acknowledged" || attempts !== 1)).toEqual(
		[],
	);
	expect(rig.applink.counts).toMatchObject({
		acknowledged: outcomes.length,
		failed: 0,
		unasked: 0,
	});
	await until(
		() => times(app.output, /^(?:events_api|slash_commands) /gm) === outcomes.length,
		"each to be told once",
	);
}, 90_000);

it("comes back when its host is killed, and tells nothing twice", async () => {
	const rig = await startApplink();
	const app = await run(rig);
	await app.says(/connected/);
	const outcomes = Array.from({ length: 50 }, (_, at) => rig.publish(`Ev${at}`));
	for (const host of rig.applink.hosts) await host.kill();
	for (const host of rig.applink.hosts) await host.start();
	for (const outcome of await Promise.all(outcomes)) expect(outcome.is).toBe("acknowledged");
	for (let at = 0; at < 50; at += 1)
		expect(times(app.output, new RegExp(`^events_api Ev${at}$`, "gm"))).toBe(1);
});

it("answers a command", async () => {
	const rig = await startApplink();
	const app = await run(rig);
	await app.says(/connected/);
	expect(await rig.publish("/hello", "slash_commands")).toMatchObject({
		payload: { text: expect.stringMatching(/^I heard of .+\.$/) },
	});
});

it("gets in when there is room again, where there were too many", async () => {
	const rig = await startApplink({ policy: { maxSockets: 1 } });
	const first = await run(rig);
	await first.says(/connected/);
	const second = await run(rig);
	await second.says(/disconnect: too_many_websockets/);
	first.signal("SIGTERM");
	expect(await first.ended).toBe(0);
	await second.says(/connected/);
	expect(rig.applink.counts.sockets).toEqual({ [APP]: 1 });
});

it("ends, and says why, when Socket Mode is turned off and when its token is wrong", async () => {
	const rig = await startApplink();
	const [app, wrong] = await Promise.all([run(rig), run(rig, "xapp-wrong")]);
	await wrong.says(/ended: apps\.connections\.open: invalid_auth/);
	expect(await wrong.ended).toBe(0);
	await app.says(/connected/);
	rig.applink.turn(APP, "off");
	await app.says(/ended: Socket Mode is turned off/);
	expect(await app.ended).toBe(0);
	expect(wrong.output + app.output).not.toContain(TOKEN);
});
