/* Of a history that does harm, the steps without which it would do none. */
import type { Loaded } from "./load.js";
import type { ModelWorld, Scenario } from "./scenario.js";
import type { Found } from "./search.js";

const LONGEST_HEALING = 300;

export function shorten(loaded: Loaded, scenario: Scenario, { path }: Found): Found {
	const whole = replay(loaded, scenario, path);
	for (let at = 0; whole !== null && at < whole.path.length; at += 1) {
		const less = replay(loaded, scenario, [
			...whole.path.slice(0, at),
			...whole.path.slice(at + 1),
		]);
		if (less !== null) return shorten(loaded, scenario, less);
	}
	return whole ?? { path, problems: [] };
}

/** Takes the steps that can be taken, and then lets all heal; null: all came right. */
function replay(loaded: Loaded, scenario: Scenario, path: readonly string[]): Found | null {
	const world = loaded.model.create(scenario);
	loaded.settle();
	const taken: string[] = [];
	for (const step of path) {
		if (!world.actions().includes(step)) continue;
		take(loaded, world, step);
		taken.push(step);
		if (world.problems.length > 0) return { path: taken, problems: [...world.problems] };
	}
	let left = LONGEST_HEALING;
	for (let next = world.heal(); next !== null && left > 0; next = world.heal(), left -= 1)
		take(loaded, world, next);
	const problems = world.verdict();
	return problems.length === 0 ? null : { path: taken, problems: [...problems] };
}

function take(loaded: Loaded, world: ModelWorld, step: string): void {
	world.act(step);
	loaded.settle();
	while (world.runTimer()) loaded.settle();
}
