/* E14: Flannel is lazy, bounded, pinned by team, and drops what changes. */
import { describe, expect, it } from "vitest";
import { Flannel } from "../../../playground/edge/api/flannel/flannel.js";
import { FlannelNode, type NodeOptions } from "../../../playground/edge/api/flannel/node.js";
import {
	type Change,
	type Entry,
	type Question,
	readChange,
	readQuestion,
} from "../../../playground/edge/api/flannel/question.js";
import { nodeOf, ringOf } from "../../../playground/edge/api/flannel/ring.js";
import { until } from "../../support/until.js";

const TEAMS = Array.from({ length: 2_000 }, (_, n) => `T${n}`);

describe("the ring", () => {
	it("gives each node about its share of teams", () => {
		const ring = ringOf(["a", "b", "c", "d"]);
		const counts = new Map<string | null, number>();
		for (const team of TEAMS) {
			const node = nodeOf(ring, team);
			counts.set(node, (counts.get(node) ?? 0) + 1);
		}
		expect(counts.size).toBe(4);
		for (const count of counts.values()) {
			expect(count).toBeGreaterThan(TEAMS.length / 4 / 1.4);
			expect(count).toBeLessThan((TEAMS.length / 4) * 1.4);
		}
	});

	it("moves a node's teams when it goes, and no others", () => {
		const [whole, less] = [ringOf(["a", "b", "c", "d"]), ringOf(["a", "b", "d"])];
		for (const team of TEAMS) {
			const before = nodeOf(whole, team);
			if (before === "c") expect(nodeOf(less, team)).not.toBe("c");
			else expect(nodeOf(less, team)).toBe(before);
		}
	});

	it("does not depend on the order of the nodes, and is nobody's where there are none", () => {
		const [ring, turned] = [ringOf(["a", "b"]), ringOf(["b", "a"])];
		for (const team of TEAMS) expect(nodeOf(ring, team)).toBe(nodeOf(turned, team));
		expect(nodeOf(ringOf([]), "T1")).toBeNull();
	});
});

/** A webapp whose answers can be held back, and whose changes are told by hand. */
class Origin {
	readonly asked: Question[] = [];
	readonly followed: string[] = [];
	readonly left: string[] = [];
	version = 1;
	isAway = false;
	hold: Promise<void> = Promise.resolve();
	readonly #listeners = new Map<string, (change: Change) => void>();

	node(limits: Partial<NodeOptions> = {}): FlannelNode {
		return new FlannelNode({ ...limits, ...this.options });
	}

	get options(): Pick<NodeOptions, "fetch" | "follow"> {
		return {
			fetch: async (question) => {
				this.asked.push(question);
				const { version } = this;
				await this.hold;
				if (this.isAway) throw new Error("away");
				return question.ids
					.filter((id) => !id.startsWith("X"))
					.map((id): Entry => ({ id, name: `${question.team} ${id}`, version }));
			},
			follow: async (team, changed) => {
				this.followed.push(team);
				this.#listeners.set(team, changed);
				return { [Symbol.asyncDispose]: async () => void this.left.push(team) };
			},
		};
	}

	change(team: string, id: string): void {
		this.version += 1;
		this.#listeners.get(team)?.({ kind: "users", id });
	}
}

const users = (team: string, ...ids: readonly string[]): Question => ({ team, kind: "users", ids });

describe("a node", () => {
	it("asks the webapp only for what it does not have, once, and for all of it at once", async () => {
		const origin = new Origin();
		const node = origin.node();
		expect(origin.asked).toEqual([]);
		expect(await node.find(users("T1", "U2", "U1"))).toMatchObject([{ id: "U2" }, { id: "U1" }]);
		await node.find(users("T1", "U1", "U2", "U3"));
		await node.find(users("T1", "U1", "U2", "U3"));
		expect(origin.asked.map(({ ids }) => ids)).toEqual([["U2", "U1"], ["U3"]]);
		expect(node.counts).toEqual({ hits: 5, misses: 3, fetches: 2, entries: 3 });
	});

	it("asks once for what many want at the same time", async () => {
		const origin = new Origin();
		const node = origin.node();
		await Promise.all(Array.from({ length: 100 }, () => node.find(users("T1", "U1", "U2"))));
		expect(origin.asked).toHaveLength(1);
		expect(origin.followed).toEqual(["T1"]);
	});

	it("keeps teams and kinds apart", async () => {
		const node = new Origin().node();
		expect(await node.find(users("T1", "U1"))).toMatchObject([{ name: "T1 U1" }]);
		expect(await node.find(users("T2", "U1"))).toMatchObject([{ name: "T2 U1" }]);
		await node.find({ team: "T1", kind: "channels", ids: ["U1"] });
		expect(node.counts).toMatchObject({ misses: 3, entries: 3 });
	});

	it("remembers that there is nobody of that id", async () => {
		const origin = new Origin();
		const node = origin.node();
		expect(await node.find(users("T1", "X1"))).toEqual([]);
		expect(await node.find(users("T1", "X1"))).toEqual([]);
		expect(origin.asked).toHaveLength(1);
	});

	it("drops what has changed, and nothing else", async () => {
		const origin = new Origin();
		const node = origin.node();
		await node.find(users("T1", "U1", "U2"));
		origin.change("T1", "U1");
		expect(await node.find(users("T1", "U1", "U2"))).toMatchObject([
			{ id: "U1", version: 2 },
			{ id: "U2", version: 1 },
		]);
		expect(origin.asked.at(-1)?.ids).toEqual(["U1"]);
	});

	it("does not keep what changed while it was on its way", async () => {
		const origin = new Origin();
		const node = origin.node();
		await node.find(users("T1", "U9"));
		let release: () => void = () => undefined;
		origin.hold = new Promise((resolve) => {
			release = resolve;
		});
		const early = node.find(users("T1", "U1"));
		await until(() => origin.asked.length === 2, "the question to be on its way");
		origin.change("T1", "U1");
		const late = node.find(users("T1", "U1"));
		release();
		expect(await early).toMatchObject([{ version: 1 }]);
		expect(await late).toMatchObject([{ version: 2 }]);
		expect(await node.find(users("T1", "U1"))).toMatchObject([{ version: 2 }]);
	});

	it("is bounded by entries and by bytes", async () => {
		const node = new Origin().node({ maxEntries: 10 });
		for (let n = 0; n < 100; n += 1) await node.find(users("T1", `U${n}`));
		expect(node.counts.entries).toBe(10);
		const small = new Origin().node({ maxBytes: 500 });
		for (let n = 0; n < 100; n += 1) await small.find(users("T1", `U${n}`));
		expect(small.counts.entries).toBeLessThan(10);
		expect(small.counts.entries).toBeGreaterThan(2);
	});

	it("lets teams go that nobody asks for, and all that is kept of them: their changes are heard no more", async () => {
		const origin = new Origin();
		const node = origin.node();
		for (let n = 0; n <= 1_000; n += 1) await node.find(users(`T${n}`, "U1"));
		await Promise.resolve();
		expect(origin.left).toEqual(["T0"]);
		await node.find(users("T0", "U1"));
		expect(origin.asked).toHaveLength(1_002);
	});

	it("keeps no failure, and goes on from what it has while the webapp is away", async () => {
		const origin = new Origin();
		const node = origin.node();
		await node.find(users("T1", "U1"));
		origin.isAway = true;
		expect(await node.find(users("T1", "U1"))).toHaveLength(1);
		await expect(node.find(users("T1", "U2"))).rejects.toThrow("away");
		origin.isAway = false;
		expect(await node.find(users("T1", "U2"))).toHaveLength(1);
	});
});

it("serves a team from another node when its own has gone, and asks anew", async () => {
	const origin = new Origin();
	const flannel = new Flannel({ ...origin.options, nodes: ["a", "b", "c"] });
	const own = nodeOf(ringOf(["a", "b", "c"]), "T1") ?? "";
	expect(await flannel.find(users("T1", "U1"))).toHaveLength(1);
	await flannel.find(users("T1", "U1"));
	expect(flannel.counts[own]).toMatchObject({ hits: 1, misses: 1 });
	await flannel.remove(own);
	expect(origin.left).toEqual(["T1"]);
	expect(await flannel.find(users("T1", "U1"))).toHaveLength(1);
	expect(Object.keys(flannel.counts)).not.toContain(own);
	expect(origin.asked).toHaveLength(2);
	for (const node of Object.keys(flannel.counts)) await flannel.remove(node);
	await expect(flannel.find(users("T1", "U1"))).rejects.toThrow("no node");
});

describe("a question", () => {
	it("is read", () => {
		expect(readQuestion("/T1/users?ids=U1,U2,U1")).toEqual(users("T1", "U1", "U2"));
	});

	it.each([
		"",
		"/",
		"/T1/users",
		"/T1/users?ids=",
		"/T1/users?ids=u1",
		"/T1/users?ids=U1,,U2",
		"/T1/users/U1?ids=U1",
		"/T1/secrets?ids=U1",
		"/../users?ids=U1",
		"/__proto__/users?ids=U1",
		`/T1/users?ids=${Array.from({ length: 101 }, (_, n) => `U${n}`)}`,
		`/T1/users?ids=U${"1".repeat(21)}`,
	])("%s is none", (rest) => {
		expect(readQuestion(rest)).toBeNull();
	});

	it.each([
		null,
		1,
		"users",
		{},
		{ kind: "users" },
		{ kind: "teams", id: "U1" },
		{ kind: "users", id: 1 },
	])("takes no change from %j", (data) => {
		expect(readChange(data)).toBeNull();
	});
});
