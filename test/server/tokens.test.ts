import { describe, expect, it } from "vitest";
import type { Identity } from "../../src/server/contract.js";
import { CANARY_TOKEN } from "../support/secrets.js";
import { createRig, defer, subscribe } from "./rig.js";

describe("A token", () => {
	const rigWithTtl = (ttlMs: number): ReturnType<typeof createRig> => {
		const rig = createRig({
			authorize: ({ token }) => {
				const [id = "", ms] = (token ?? "").split(":");
				if (id === "") return null;
				return { id, expiresAt: rig.clock.now() + Number(ms ?? ttlMs) };
			},
		});
		return rig;
	};

	it("closes its link with 4401 when it expires, as the welcome has told", async () => {
		const rig = rigWithTtl(10_000);
		const peer = await rig.connect();
		expect(peer.last("welcome").tokenTtlMs).toBe(10_000);
		for (let n = 0; n < 9; n++) {
			await rig.clock.advance(1_000);
			peer.say({ type: "pong", at: 1 });
		}
		expect(peer.end).toBeNull();
		await rig.clock.advance(1_000);
		expect(peer.end).toMatchObject({ code: 4401 });
	});

	it("is replaced by a fresh one of the same identity", async () => {
		const rig = rigWithTtl(5_000);
		const peer = await rig.connect("ada");
		await rig.clock.advance(4_000);
		peer.say({ type: "token", token: "ada:3000" });
		await rig.settle();
		expect(peer.last("token-accepted")).toEqual({ type: "token-accepted", tokenTtlMs: 3_000 });
		await rig.clock.advance(2_998);
		expect(peer.end).toBeNull();
		await rig.clock.advance(2);
		expect(peer.end).toMatchObject({ code: 4401 });
	});

	it("without an end takes the end away", async () => {
		const rig = createRig({
			authorize: ({ token }) =>
				token === "forever" ? { id: "ada" } : { id: "ada", expiresAt: rig.clock.now() + 2_000 },
		});
		const peer = await rig.connect("short");
		peer.say({ type: "token", token: "forever" });
		await rig.settle();
		expect(peer.last("token-accepted").tokenTtlMs).toBe(0);
		await rig.clock.advance(5_000);
		expect(peer.end).toBeNull();
	});

	it("of another identity closes with 4403, of nobody with 4401", async () => {
		const rig = createRig({
			authorize: ({ token }) => (token === "no" ? null : { id: `${token}` }),
		});
		const [other, nobody] = [await rig.connect("ada"), await rig.connect("ada")];
		other.say({ type: "token", token: "bob" });
		nobody.say({ type: "token", token: "no" });
		await rig.settle();
		expect(other.end).toMatchObject({ code: 4403 });
		expect(nobody.end).toMatchObject({ code: 4401 });
	});

	it("that cannot be judged now leaves the one before it in place", async () => {
		const rig = createRig({
			authorize: ({ token }) => {
				if (token === CANARY_TOKEN) throw new Error(CANARY_TOKEN);
				return { id: "ada", expiresAt: rig.clock.now() + 5_000 };
			},
		});
		const peer = await rig.connect();
		peer.say({ type: "token", token: CANARY_TOKEN });
		await rig.settle();
		expect(peer.end).toBeNull();
		expect(peer.all("token-accepted")).toEqual([]);
		await rig.clock.advance(5_000);
		expect(peer.end).toMatchObject({ code: 4401 });
	});

	it("is judged in turn: of two the later one holds, however long the first took", async () => {
		const first = defer<Identity>();
		const rig = createRig({
			authorize: ({ token }) => {
				if (token === "first") return first.promise;
				return { id: "ada", expiresAt: rig.clock.now() + (token === "second" ? 3_000 : 60_000) };
			},
		});
		const peer = await rig.connect();
		peer.say({ type: "token", token: "first" }, { type: "token", token: "second" });
		await rig.settle();
		expect(peer.all("token-accepted")).toEqual([]);
		first.resolve({ id: "ada" });
		await rig.settle();
		expect(peer.all("token-accepted").map(({ tokenTtlMs }) => tokenTtlMs)).toEqual([0, 3_000]);
	});

	it("with fewer rights ends the subscriptions that it does not cover", async () => {
		const rig = createRig({
			authorize: ({ token }) => ({ id: "ada", claims: { channels: (token ?? "").split(",") } }),
			canSubscribe: ({ claims }, channel) =>
				(claims as { channels: readonly string[] }).channels.includes(channel),
		});
		const peer = await rig.connect("a,b");
		peer.say(subscribe("a", null, 1), subscribe("b", null, 2));
		await rig.settle();
		peer.say({ type: "token", token: "b" });
		await rig.settle();
		expect(peer.all("rejected")).toEqual([{ type: "rejected", id: 1, code: "forbidden" }]);
		await rig.server.publish("a", "secret");
		await rig.server.publish("b", "open");
		await rig.settle();
		expect(peer.data).toEqual(["open"]);
		expect(rig.server.stats.get().subscriptions).toBe(1);
	});
});

describe("disconnect", () => {
	it("closes all links of an identity with 4401, and no others", async () => {
		const rig = createRig();
		const peers = [await rig.connect("ada"), await rig.connect("ada"), await rig.connect("bob")];
		rig.server.disconnect("ada");
		expect(peers.map(({ end }) => end?.code)).toEqual([4401, 4401, undefined]);
		rig.server.disconnect("nobody");
	});

	it("with forbid closes them with 4403", async () => {
		const rig = createRig();
		const peer = await rig.connect("ada");
		rig.server.disconnect("ada", { forbid: true });
		expect(peer.end).toMatchObject({ code: 4403 });
	});
});
