/* Which route of a virtual host can never be reached, because one before it takes all that it would. */
import type { Condition, Conditions, Match, PathMatch } from "./model.js";

/** True if every request that `later` takes is taken by `earlier`. */
export function shadows(earlier: Match, later: Match): boolean {
	return (
		coversPath(earlier.path, later.path) &&
		(earlier.takes === "any" || earlier.takes === later.takes) &&
		coversAll(lowerCased(earlier.headers), lowerCased(later.headers)) &&
		coversAll(earlier.query, later.query) &&
		coversAll(earlier.cookies, later.cookies)
	);
}

function coversPath(wide: PathMatch, narrow: PathMatch): boolean {
	switch (wide.is) {
		case "exact":
			return narrow.is === "exact" && narrow.path === wide.path;
		case "prefix":
			return narrow.path.startsWith(wide.path);
		case "under":
			if (narrow.path === wide.path) return narrow.is !== "prefix";
			return narrow.path.startsWith(`${wide.path}/`);
		default:
			return wide satisfies never;
	}
}

/** Each condition of the wide one follows from the narrow one's of that name. */
function coversAll(wide: Conditions = {}, narrow: Conditions = {}): boolean {
	return Object.entries(wide).every(([name, condition]) => {
		const other = narrow[name];
		return other !== undefined && covers(condition, other);
	});
}

function covers(wide: Condition, narrow: Condition): boolean {
	switch (wide.is) {
		case "present":
			return narrow.is !== "absent";
		case "absent":
			return narrow.is === "absent";
		case "exact":
			return narrow.is === "exact" && narrow.value === wide.value;
		case "prefix":
			return (
				(narrow.is === "exact" || narrow.is === "prefix") && narrow.value.startsWith(wide.value)
			);
		default:
			return wide satisfies never;
	}
}

function lowerCased(conditions: Conditions = {}): Conditions {
	return Object.fromEntries(
		Object.entries(conditions).map(([name, condition]) => [name.toLowerCase(), condition]),
	);
}
