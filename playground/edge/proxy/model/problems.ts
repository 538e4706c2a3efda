/* What every check of a model needs: names, and a place to say what is wrong. */

/** Adds a problem. */
export type Report = (problem: string) => void;
/** A place that leads to a cluster. */
export type Lead = (place: string, cluster: string) => void;

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export function checkName(what: string, name: string, report: Report): void {
	if (!NAME.test(name))
		report(`${what} "${name}" needs a name of lower-case letters, digits and hyphens.`);
}

export function unique(what: string, names: readonly string[], report: Report): void {
	const twice = new Set(names.filter((name, at) => names.indexOf(name) !== at));
	for (const name of twice) report(`Two have one ${what}: "${name}".`);
}

export const namesOf = (all: readonly { readonly name: string }[]): readonly string[] =>
	all.map(({ name }) => name);
