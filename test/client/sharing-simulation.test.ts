/*
 * S24, at random: tabs come, go, die, freeze, stand still and are hidden, the server cuts connections, and
 * all of them publish. A witness with a connection of its own says what is stored; the ledger must be 0:
 * nothing lost, repeated or out of order, for nobody. A seed is one course of it, and names its test.
 */
import { beforeAll, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { seededRandom } from "../../src/testing.js";
import { VirtualBrowser, type VirtualTab } from "../support/virtual-browser.js";

const SEEDS = Number(process.env.SHARE_SEEDS ?? 24);
const FIRST = Number(process.env.SHARE_SEED ?? 1);
const STEPS = 120;
const STEP_MS = 250;
const MAX_TABS = 7;

beforeAll(() => import("../../src/client/sharing.js"));

interface Sent {
	readonly tab: number;
	readonly n: number;
}

class Course {
	readonly random: () => number;
	readonly browser: VirtualBrowser;
	readonly witness: VirtualTab;
	/** By tab: numbers whose receipt says stored, refused or unknown. */
	readonly ends = new Map<VirtualTab, { stored: number[]; other: string[]; sent: number }>();
	readonly away = new Map<VirtualTab, "frozen" | "stopped">();
	readonly faults: string[] = [];
	isOut = false;

	constructor(seed: number) {
		this.random = seededRandom(seed * 7_919);
		this.browser = new VirtualBrowser({
			seed,
			server: { retain: { messages: 1_000_000, ms: 86_400_000 } },
			options: {
				degraded: { enterAfterMs: 1_000, intervalMs: [500, 1_000] },
				...(seed % 3 === 0 && { outbox: { persist: "storage", namespace: "somebody" } }),
			},
		});
		this.witness = this.browser.open({ share: "tab", outbox: {} });
		this.witness.listen("room");
	}

	get tabs(): readonly VirtualTab[] {
		return this.browser.tabs.filter(
			(tab) => tab !== this.witness && tab.clock.state !== "dead" && this.ends.has(tab),
		);
	}

	get awake(): readonly VirtualTab[] {
		return this.tabs.filter((tab) => !this.away.has(tab));
	}

	pick<T>(from: readonly T[]): T | undefined {
		return from[Math.floor(this.random() * from.length)];
	}

	open(): void {
		const tab = this.browser.open();
		this.ends.set(tab, { stored: [], other: [], sent: 0 });
		tab.listen("room");
	}

	publish(tab: VirtualTab): void {
		const ends = this.ends.get(tab);
		if (ends === undefined) return;
		ends.sent += 1;
		const n = ends.sent;
		const at = this.browser.tabs.indexOf(tab);
		tab.client.publish("room", { tab: at, n } satisfies Sent).then(
			({ status }) => (status === "stored" ? ends.stored.push(n) : ends.other.push(status)),
			({ code }) => ends.other.push(code),
		);
	}

	async step(): Promise<void> {
		for (const tab of this.awake) if (this.random() < 0.5) this.publish(tab);
		if (this.random() < 0.25) this.strike();
		await this.browser.clock.advance(STEP_MS * (0.2 + this.random()));
	}

	strike(): void {
		const leader = this.browser.leaders.find((tab) => this.tabs.includes(tab));
		const isLeaders = this.random() < 0.5 && leader !== undefined;
		const tab = isLeaders ? leader : this.pick(this.tabs);
		const draw = this.random();
		if (tab === undefined || (this.tabs.length < MAX_TABS && draw < 0.3)) {
			this.faults.push("open");
			return this.open();
		}
		if (this.away.has(tab)) return this.bringBack(tab);
		if (draw < 0.45) this.end(tab, "kill");
		else if (draw < 0.55) this.end(tab, "close");
		else if (draw < 0.7) this.standStill(tab);
		else if (draw < 0.82) this.look(tab);
		else if (draw < 0.88) this.turnAway();
		else {
			this.faults.push("cut");
			tab.network.reset();
		}
	}

	end(tab: VirtualTab, how: "kill" | "close"): void {
		this.faults.push(how);
		if (how === "kill") tab.kill();
		else void tab.client.close().then(() => tab.kill());
		this.ends.delete(tab);
	}

	standStill(tab: VirtualTab): void {
		const how = this.random() < 0.5 ? "frozen" : "stopped";
		this.faults.push(how);
		this.away.set(tab, how);
		if (how === "frozen") tab.freeze();
		else tab.stop();
	}

	bringBack(tab: VirtualTab): void {
		const how = this.away.get(tab);
		this.away.delete(tab);
		if (how === "frozen") tab.thaw();
		else tab.goOn();
	}

	/** No WebSocket for a while: polls carry both ways. */
	turnAway(): void {
		this.faults.push("turn away");
		this.isOut = !this.isOut;
		this.browser.server.behavior = this.isOut ? { refuse: 503 } : "accept";
		if (this.isOut) this.browser.server.close(1001);
	}

	look(tab: VirtualTab): void {
		this.faults.push("look");
		const isVisible = tab.lifecycle.get().visible;
		if (isVisible) tab.lifecycle.hide();
		else tab.lifecycle.show();
		tab.clock.atLeastMs = isVisible ? 1_000 : 0;
	}

	async run(): Promise<void> {
		await this.browser.clock.advance(1_000);
		for (let n = 0; n < 4; n += 1) this.open();
		for (let n = 0; n < STEPS; n += 1) await this.step();
		for (const tab of [...this.away.keys()]) if (tab.clock.state !== "dead") this.bringBack(tab);
		if (this.tabs.length === 0) this.open();
		this.browser.server.behavior = "accept";
		await this.browser.clock.advance(60_000);
	}

	judge(): void {
		const truth = this.witness.heard as Sent[];
		const texts = truth.map((sent) => JSON.stringify(sent));
		expect(new Set(texts).size, "stored twice").toBe(texts.length);
		for (const at of new Set(truth.map(({ tab }) => tab))) {
			const numbers = truth.filter(({ tab }) => tab === at).map(({ n }) => n);
			expect(numbers, `order of tab ${at}`).toEqual([...numbers].sort((a, b) => a - b));
		}
		for (const tab of this.tabs) this.judgeTab(tab, texts);
		expect(this.browser.leaders.length, "leaders").toBe(1);
	}

	judgeTab(tab: VirtualTab, truth: readonly string[]): void {
		const at = this.browser.tabs.indexOf(tab);
		const heard = tab.heard.map((sent) => JSON.stringify(sent));
		const first = heard[0] === undefined ? truth.length : truth.indexOf(heard[0]);
		expect(heard, `heard by tab ${at}`).toEqual(truth.slice(first));
		expect(tab.gaps, `gaps of tab ${at}`).toEqual([]);
		const ends = this.ends.get(tab);
		expect(ends?.other, `receipts of tab ${at}`).toEqual([]);
		expect(ends?.stored, `receipts of tab ${at}`).toHaveLength(ends?.sent ?? 0);
		const own = truth.filter((text) => (JSON.parse(text) as Sent).tab === at);
		expect(own, `stored of tab ${at}`).toHaveLength(ends?.sent ?? 0);
	}
}

const struck = new Set<string>();

it.each(Array.from({ length: SEEDS }, (_, n) => FIRST + n))(
	"loses, repeats and reorders nothing, whatever happens to which tab (seed %d)",
	async (seed) => {
		const course = new Course(seed);
		try {
			await course.run();
			course.judge();
			for (const fault of course.faults) struck.add(fault);
		} finally {
			await course.browser[ASYNC_DISPOSE]();
		}
	},
);

it("sees every kind of fault", () => {
	if (SEEDS < 5) return;
	expect([...struck].sort()).toEqual([
		"close",
		"cut",
		"frozen",
		"kill",
		"look",
		"open",
		"stopped",
		"turn away",
	]);
});
