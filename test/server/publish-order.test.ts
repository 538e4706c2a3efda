import { describe, expect, it } from "vitest";
import type { MemoryLog } from "../../src/server/memory-log.js";
import { CANARY_PAYLOAD } from "../support/secrets.js";
import { answers, faulty, stored } from "./log-rig.js";
import { createRig, defer, type Peer, publish, type Rig, subscribe } from "./rig.js";

describe("After a rejection with retry", () => {
	const failing = async (
		...ids: readonly string[]
	): Promise<{ rig: Rig; peer: Peer; own: MemoryLog }> => {
		const state = faulty();
		const left = [...ids];
		state.before = (id) => {
			if (left[0] !== id) return;
			left.shift();
			throw new Error(`busy ${CANARY_PAYLOAD}`);
		};
		const rig = createRig({ log: state.log });
		return { rig, peer: await rig.connect(), own: state.own };
	};

	it("later publishes of that channel are rejected until the rejected one comes again", async () => {
		const { rig, peer, own } = await failing("2");
		peer.say(publish("1"), publish("2"), publish("3"), publish("4"));
		await rig.settle();
		peer.say(publish("4"));
		await rig.settle();
		expect(answers(peer)).toEqual(["1 stored", "2 retry", "3 retry", "4 retry", "4 retry"]);
		peer.say(publish("2"), publish("3"), publish("4"));
		await rig.settle();
		expect(answers(peer).slice(5)).toEqual(["2 stored", "3 stored", "4 stored"]);
		expect(await stored(own)).toEqual(["1", "2", "3", "4"]);
	});

	it("or until one comes before which nothing is pending", async () => {
		const { rig, peer, own } = await failing("1");
		peer.say(publish("1", "a", { first: true }), publish("2"));
		await rig.settle();
		peer.say(publish("2", "a", { first: true }), publish("3"));
		await rig.settle();
		expect(answers(peer)).toEqual(["1 retry", "2 retry", "2 stored", "3 stored"]);
		expect(await stored(own)).toEqual(["2", "3"]);
	});

	it("again and again, if it has to be", async () => {
		const { rig, peer, own } = await failing("1", "1", "2");
		for (let n = 0; n < 4; n++) {
			peer.say(publish("1"), publish("2"));
			await rig.settle();
		}
		expect(answers(peer)).toEqual([
			...["1 retry", "2 retry"],
			...["1 retry", "2 retry"],
			...["1 stored", "2 retry"],
			...["1 retry", "2 stored"],
		]);
		expect(await stored(own)).toEqual(["1", "2"]);
	});

	it("other channels, other links and ephemeral publishes go on", async () => {
		const { rig, peer } = await failing("1");
		const other = await rig.connect("bob");
		other.say(subscribe("a"));
		await rig.settle();
		peer.say(publish("1"), publish("x", "b"), publish("e", "a", { ephemeral: true }));
		other.say(publish("y"));
		await rig.settle();
		expect([...answers(peer)].sort()).toEqual(["1 retry", "x stored"]);
		expect(answers(other)).toEqual(["y stored"]);
		expect([...other.data].sort()).toEqual(["e", "y"]);
	});

	it("the refusal holds also for those that had come before the rejection", async () => {
		const state = faulty();
		const gate = defer<void>();
		state.before = async (id) => {
			if (id !== "1" || state.fences.length > 1) return;
			await gate.promise;
			throw new Error("busy");
		};
		const rig = createRig({ log: state.log });
		const peer = await rig.connect();
		for (const id of ["1", "2", "3"]) peer.say(publish(id));
		await rig.settle();
		gate.resolve();
		await rig.settle();
		expect(answers(peer)).toEqual(["1 retry", "2 retry", "3 retry"]);
		expect(await stored(state.own)).toEqual([]);
	});
});

describe("The fence", () => {
	it("of each append is the client, its link, and the epoch that the link has seen", async () => {
		const state = faulty();
		const rig = createRig({ log: state.log });
		const peer = await rig.connect("ada", { client: "c1", link: 7 });
		peer.say(publish("1"), publish("2"));
		await rig.settle();
		const { epoch } = await state.own.head("a");
		peer.say(subscribe("b"), publish("3", "b"));
		await rig.settle();
		expect(state.fences).toEqual([
			{ client: "c1", link: 7, epoch: null },
			{ client: "c1", link: 7, epoch },
			{ client: "c1", link: 7, epoch },
		]);
	});

	it("closes an older link of a client with 1012, once a newer one has published", async () => {
		const rig = createRig({ acceptRate: 1 });
		const [older, newer] = [
			await rig.connect("ada", { link: 1 }),
			await rig.connect("ada", { link: 2 }),
		];
		older.say(publish("1"));
		await rig.settle();
		newer.say(publish("2"));
		await rig.settle();
		older.say(publish("3"), publish("4"));
		await rig.settle();
		expect(older.end).toEqual({ code: 1012, reason: '{"w":2400}' });
		expect(await stored(rig.log)).toEqual(["1", "2"]);
		newer.say(publish("3"), publish("4"));
		await rig.settle();
		expect(await stored(rig.log)).toEqual(["1", "2", "3", "4"]);
	});

	it("still acknowledges on an older link what was stored", async () => {
		const rig = createRig();
		const [older, newer] = [
			await rig.connect("ada", { link: 1 }),
			await rig.connect("ada", { link: 2 }),
		];
		newer.say(publish("1"));
		await rig.settle();
		older.say(publish("1"));
		await rig.settle();
		expect(answers(older)).toEqual(["1 again"]);
		expect(older.end).toBeNull();
	});

	it("closes a link that published into an epoch that is over", async () => {
		const rig = createRig();
		const peer = await rig.connect("ada", { link: 1 });
		peer.say(publish("1"));
		await rig.settle();
		rig.log.restart({ keep: { lostTail: 1 } });
		peer.say(publish("2"));
		await rig.settle();
		expect(peer.end).toMatchObject({ code: 1012 });
		const next = await rig.connect("ada", { link: 2 });
		next.say(publish("1"), publish("2"));
		await rig.settle();
		expect(await stored(rig.log)).toEqual(["1", "2"]);
	});

	it("keeps to the epoch that it published into, although the link has asked again since", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say(publish("1"));
		await rig.settle();
		rig.log.restart({ keep: { lostTail: 1 } });
		peer.say(subscribe("a"), publish("2"));
		await rig.settle();
		expect(peer.end).toMatchObject({ code: 1012 });
		expect(await stored(rig.log)).toEqual([]);
	});

	it("takes the epoch of the newest subscription, while nothing was published", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say(subscribe("a", null, 1));
		await rig.settle();
		rig.log.restart({ keep: "all" });
		peer.say(subscribe("a", null, 2), publish("1"));
		await rig.settle();
		expect(answers(peer)).toEqual(["1 stored"]);
	});
});

describe("A log that does not answer", () => {
	it("has the link closed with 1013 after 10 s, so that another server gets its publishes", async () => {
		const state = faulty();
		state.before = () => new Promise(() => undefined);
		const rig = createRig({ log: state.log, acceptRate: 1 });
		const peer = await rig.connect();
		peer.say(publish("1"));
		for (let n = 0; n < 10; n++) {
			await rig.clock.advance(1_000);
			peer.say({ type: "pong", at: 1 });
		}
		expect(peer.end).toBeNull();
		await rig.clock.advance(5_900);
		peer.link.message('{"type":"pong","at":1}');
		await rig.clock.advance(3_000);
		expect(peer.end).toEqual({ code: 1013, reason: '{"w":2000}' });
	});

	it("does not make the server hold more than a window of full frames: 4429", async () => {
		const state = faulty();
		state.before = () => new Promise(() => undefined);
		const rig = createRig({ log: state.log, maxFrameBytes: 2_000 });
		const peer = await rig.connect();
		const data = "x".repeat(1_900);
		for (let n = 0; n < 256; n++) peer.say(publish(`${n}`, "a", { data }));
		expect(peer.end).toBeNull();
		for (let n = 0; n < 20; n++) peer.say(publish(`more ${n}`, "a", { data }));
		expect(peer.end).toMatchObject({ code: 4429 });
	});

	it("counts what it holds, not what it has ever held", async () => {
		const rig = createRig({ maxFrameBytes: 1_024 });
		const peer = await rig.connect();
		for (let n = 0; n < 400; n++) {
			peer.say(publish(`${n}`, "a", { data: "x".repeat(900) }));
			if (n % 50 === 49) await rig.settle();
		}
		expect(peer.end).toBeNull();
		expect((await rig.log.head("a")).offset).toBe(400);
	});
});

describe("A link that publishes to very many channels", () => {
	it("is remembered in maxChannels of them", async () => {
		const state = faulty();
		const rig = createRig({ log: state.log, maxChannels: 2 });
		const peer = await rig.connect();
		for (const channel of ["a", "b", "c", "a", "c"]) {
			peer.say(publish(`${state.fences.length}`, channel));
			await rig.settle();
		}
		expect(state.fences.map((fence) => fence?.epoch === null)).toEqual([
			true, // a
			true, // b
			true, // c, in the place of a
			true, // a, in the place of b
			false, // c
		]);
	});

	it("keeps those in which a publish waits, beyond that number", async () => {
		const verdict = defer<boolean>();
		const rig = createRig({
			maxChannels: 1,
			canPublish: (_identity, _channel, data) => (data === "1" ? verdict.promise : true),
		});
		const peer = await rig.connect();
		for (const frame of [publish("1", "a"), publish("x", "b"), publish("2", "a")]) peer.say(frame);
		await rig.settle();
		expect(answers(peer)).toEqual(["x stored"]);
		verdict.resolve(true);
		await rig.settle();
		expect(await stored(rig.log)).toEqual(["1", "2"]);
	});

	it("keeps those that are blocked: what is late there still waits for what was refused", async () => {
		const state = faulty();
		let isBusy = true;
		state.before = (id) => {
			if (id === "1" && isBusy) throw new Error("busy");
		};
		const rig = createRig({ log: state.log, maxChannels: 1 });
		const peer = await rig.connect();
		for (const frame of [publish("1", "a"), publish("x", "b"), publish("2", "a")]) {
			peer.say(frame);
			await rig.settle();
		}
		isBusy = false;
		peer.say(publish("1", "a"), publish("2", "a"));
		await rig.settle();
		expect(answers(peer)).toEqual(["1 retry", "x stored", "2 retry", "1 stored", "2 stored"]);
	});
});
