/* Why a proxy was not given a configuration: all that is wrong at once, each with its place. */

export class ProxyModelError extends Error {
	override readonly name = "ProxyModelError";
	readonly problems: readonly string[];

	constructor(what: string, problems: readonly string[]) {
		super(`${what}: ${problems.join(" ")}`);
		this.problems = problems;
	}
}
