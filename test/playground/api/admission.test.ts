/* E14: boots are shed alone. Counts of a simulated webapp, in virtual time. */
import { seededRandom } from "holdfast/testing";
import { describe, expect, it } from "vitest";
import {
	ADMISSION_POLICY,
	type AdmissionPolicy,
	type AdmissionState,
	ask,
	classOf,
	done,
	OPEN,
	order,
	type RequestClass,
} from "../../../playground/edge/api/admission.js";

interface Load {
	/** A second. */
	readonly boot: number;
	readonly resume: number;
	readonly poll?: number;
	readonly forMs: number;
}

const TAKES_MS: Readonly<Record<RequestClass, number>> = { boot: 400, resume: 40, poll: 40 };

/** A webapp of so many slots; who is shed goes away. */
class Webapp {
	state: AdmissionState = OPEN;
	now = 0;
	readonly #policy: AdmissionPolicy;
	readonly #random = seededRandom(7);
	#busy: { readonly until: number; readonly asked: RequestClass }[] = [];

	constructor(policy: AdmissionPolicy = ADMISSION_POLICY) {
		this.#policy = policy;
	}

	bear({ forMs, ...perSecond }: Load) {
		const counts = { boot: [0, 0], resume: [0, 0], poll: [0, 0] };
		const end = this.now + forMs;
		for (; this.now < end; this.now += 1) {
			const ended = this.#busy.filter(({ until }) => until <= this.now);
			for (const { asked } of ended) this.state = done(this.state, asked);
			this.#busy = this.#busy.filter(({ until }) => until > this.now);
			for (const asked of ["boot", "resume", "poll"] as const)
				for (let n = this.#arrivals(perSecond[asked] ?? 0); n > 0; n -= 1) {
					counts[asked][0] = (counts[asked][0] ?? 0) + 1;
					if (this.#ask(asked)) counts[asked][1] = (counts[asked][1] ?? 0) + 1;
				}
		}
		const share = ([offered = 0, served = 0]: readonly number[]): number =>
			offered === 0 ? 1 : served / offered;
		return { boot: share(counts.boot), resume: share(counts.resume), poll: share(counts.poll) };
	}

	/** Spread evenly, with chance for the fraction. */
	#arrivals(perSecond: number): number {
		const whole = Math.floor(perSecond / 1_000);
		return whole + (this.#random() < perSecond / 1_000 - whole ? 1 : 0);
	}

	#ask(asked: RequestClass): boolean {
		const moment = { now: this.now, random: this.#random };
		const [state, verdict] = ask(this.state, asked, this.#policy, moment);
		this.state = state;
		if (verdict.is === "admitted") this.#busy.push({ until: this.now + TAKES_MS[asked], asked });
		return verdict.is === "admitted";
	}
}

it("sheds 90 % of boots and more, and serves 99 % of resumes and more, while boots saturate the webapp", () => {
	const webapp = new Webapp();
	const calm = webapp.bear({ boot: 20, resume: 500, poll: 500, forMs: 10_000 });
	expect(calm).toEqual({ boot: 1, resume: 1, poll: 1 });
	// Boots alone want 800 slots where there are 200, from one moment to the next.
	const storm = webapp.bear({ boot: 2_000, resume: 1_500, poll: 500, forMs: 60_000 });
	expect(storm.boot).toBeLessThanOrEqual(0.1);
	expect(storm.resume).toBeGreaterThanOrEqual(0.99);
	expect(storm.poll).toBeGreaterThanOrEqual(0.99);
});

it("lets boots in again in steps, and all of them when the storm is over", () => {
	const webapp = new Webapp();
	webapp.bear({ boot: 2_000, resume: 1_500, forMs: 30_000 });
	expect(webapp.state.allowance).toBeLessThan(0.1);
	const served: number[] = [];
	for (let second = 0; second < 30; second += 1)
		served.push(webapp.bear({ boot: 50, resume: 500, forMs: 1_000 }).boot);
	expect(Math.max(...served.slice(0, 3))).toBeLessThan(0.5);
	expect(served.slice(-3)).toEqual([1, 1, 1]);
});

it("sheds as many boots as an operator orders, and nothing else, in calm weather", () => {
	const webapp = new Webapp();
	webapp.state = order(webapp.state, 0.05);
	const seen = webapp.bear({ boot: 200, resume: 500, poll: 500, forMs: 60_000 });
	expect(seen.boot).toBeGreaterThan(0.03);
	expect(seen.boot).toBeLessThan(0.07);
	expect(seen).toMatchObject({ resume: 1, poll: 1 });
	webapp.state = order(webapp.state, 0);
	expect(webapp.bear({ boot: 200, resume: 0, forMs: 5_000 }).boot).toBe(0);
});

describe("a verdict", () => {
	const moment = { now: 0, random: () => 0.5 };
	const full: AdmissionState = { ...OPEN, inFlight: { boot: 0, resume: 200, poll: 0 } };

	it("is no to everybody where no slot is left, with a time to come again", () => {
		for (const asks of ["boot", "resume", "poll"] as const)
			expect(ask(full, asks, ADMISSION_POLICY, moment)[1]).toEqual({
				is: "shed",
				why: "full",
				retryAfterMs: 17_500,
			});
	});

	it("is no to a boot beyond the share of boots", () => {
		const booting: AdmissionState = { ...OPEN, inFlight: { boot: 50, resume: 0, poll: 0 } };
		expect(ask(booting, "boot", ADMISSION_POLICY, moment)[1]).toMatchObject({ why: "share" });
		expect(ask(booting, "resume", ADMISSION_POLICY, moment)[1]).toEqual({ is: "admitted" });
	});

	it.each([
		["boot", "boot"],
		["resume", "resume"],
		["poll", "poll"],
		[undefined, "poll"],
		["BOOT", "poll"],
		[["boot", "resume"], "poll"],
	])("takes %j for %s", (header, asks) => {
		expect(classOf(header)).toBe(asks);
	});

	it.each([-0.1, 1.1, Number.NaN])("refuses an order of %d", (allowance) => {
		expect(() => order(OPEN, allowance)).toThrow(RangeError);
	});
});
