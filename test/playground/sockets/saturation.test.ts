/* E14, on sockets: a webapp that is slow and full, and who gets through to it. */
import { expect, it } from "vitest";
import { Www } from "../../../playground/edge/api/www.js";
import { until } from "../../support/until.js";
import { type Answer, get, serve } from "./api-rig.js";

const SLOTS = 20;

/** A webapp that answers a boot only when it is told to. */
async function startWww() {
	const boots: (() => void)[] = [];
	const webapp = await serve(({ url = "" }, response) => {
		if (url.startsWith("/boot/")) boots.push(() => response.end("booted"));
		else response.end("fine");
	});
	const www = new Www({
		webapp: () => ({ host: "127.0.0.1", port: webapp.port, agent: false, isTls: false }),
		policy: { slots: SLOTS },
		bootPath: "/boot/",
	});
	const front = await serve((request, response) => www.serve(request, response));
	return { www, webapp, origin: front.origin, boots };
}

const count = (answers: readonly Answer[], status: number): number =>
	answers.filter((answer) => answer.status === status).length;

it("sheds 90 % of boots and more, and serves 99 % of resumes and more, while boots fill the webapp", async () => {
	const { www, webapp, origin, boots } = await startWww();
	const storm = Array.from({ length: 300 }, () => get(origin, "/boot/T1"));
	await until(
		() => www.counts.boot.shed + www.counts.boot.served === 300,
		"all boots to have come",
	);
	const resumes: Answer[] = [];
	for (let n = 0; n < 200; n += 1)
		resumes.push(await get(origin, "/poll", { "X-Client-Class": "resume" }));
	for (const boot of boots) boot();
	const booted = await Promise.all(storm);
	expect(count(resumes, 200)).toBeGreaterThanOrEqual(198);
	expect(count(booted, 503)).toBeGreaterThanOrEqual(270);
	expect(count(booted, 200)).toBe(www.counts.boot.served);
	expect(count(booted, 200)).toBeGreaterThan(0);
	// What was shed never came to the webapp.
	expect(webapp.count).toBe(www.counts.boot.served + resumes.length);
	expect(www.admission.inFlight).toEqual({ boot: 0, resume: 0, poll: 0 });
});

it("says of whom it lets nobody in, and when to come again", async () => {
	const { www, origin } = await startWww();
	www.allowBoots(0);
	const { status, headers } = await get(origin, "/boot/T1");
	expect(status).toBe(503);
	expect(headers["x-edge-shed"]).toBe("boot");
	expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(5);
	expect(Number(headers["retry-after"])).toBeLessThanOrEqual(30);
	expect((await get(origin, "/poll")).status).toBe(200);
	www.allowBoots(1);
	void get(origin, "/boot/T1").catch(() => undefined);
	await until(() => www.counts.boot.served === 1, "a boot to get through again");
});

it("takes a boot for a boot, whatever it says that it is", async () => {
	const { www, origin } = await startWww();
	www.allowBoots(0);
	expect((await get(origin, "/boot/T1", { "X-Client-Class": "resume" })).status).toBe(503);
});

it("gives a slot back when its client goes, and when the webapp is away", async () => {
	const { www, webapp, origin } = await startWww();
	const going = new AbortController();
	const asked = fetch(`${origin}/boot/T1`, { signal: going.signal }).catch(() => "gone");
	await until(() => www.admission.inFlight.boot === 1, "the boot to be on its way");
	going.abort();
	expect(await asked).toBe("gone");
	await until(() => www.admission.inFlight.boot === 0, "its slot to be free");
	await webapp.stop();
	expect(await get(origin, "/poll")).toMatchObject({ status: 502, text: "The webapp is away.\n" });
	await until(() => www.admission.inFlight.poll === 0, "its slot to be free");
});
