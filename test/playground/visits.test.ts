/* Where visitors were led, as the front remembers it. */
import { expect, it } from "vitest";
import { type Led, Visits } from "../../playground/edge/visits.js";

const led = (visitor: string, change: Partial<Led> = {}): Led => ({
	visitor,
	name: "primary",
	from: "DUB",
	pop: "DUB",
	address: "127.0.1.10",
	answers: ["127.0.1.10"],
	ttlMs: 10_000,
	askedAt: 0,
	...change,
});

it("has the newest connection of each visitor and name, and an old one's end is not its end", () => {
	const visits = new Visits(() => 0);
	const ended = visits.begin(led("ada"));
	visits.begin(led("ada", { pop: "FRA" }));
	visits.begin(led("ada", { name: "api" }));
	ended();
	expect(visits.state.map(({ name, pop, isOpen }) => [name, pop, isOpen])).toEqual([
		["primary", "FRA", true],
		["api", "DUB", true],
	]);
});

it("forgets who has had no connection for two minutes, and keeps who has one", () => {
	let now = 0;
	const visits = new Visits(() => now);
	visits.begin(led("stays"));
	visits.begin(led("leaves"))();
	visits.begin(led("led nowhere", { pop: null, address: null, answers: [] }));
	now = 120_001;
	expect(visits.state.map(({ visitor }) => visitor)).toEqual(["stays"]);
});

it("keeps 200 at most, whoever makes up names", () => {
	const visits = new Visits(() => 0);
	for (let n = 0; n < 500; n++) visits.begin(led(`v${n}`));
	expect(visits.state).toHaveLength(200);
	expect(visits.state.at(-1)?.visitor).toBe("v499");
});
