/* Where the schematic has what, in percent of its width and height. Pure. */

export interface Place {
	readonly x: number;
	readonly y: number;
}

/** PoPs in a column, the main region to the right of them. */
export const PLACES: Readonly<Record<string, Place>> = {
	ada: { x: 7, y: 33 },
	lin: { x: 7, y: 67 },
	DUB: { x: 40, y: 14 },
	FRA: { x: 40, y: 50 },
	LHR: { x: 40, y: 86 },
	IAD: { x: 82, y: 50 },
};

export const CENTRE: Place = { x: 40, y: 50 };
/** Where her link ends: beside the other one's. */
export function endOf(pop: string, person: string): Place {
	const { x, y } = placeOf(pop);
	return { x, y: y + (person === "ada" ? -3 : 3) };
}

export const placeOf = (id: string): Place => PLACES[id] ?? CENTRE;

/** A curve from left to right, for an SVG of 100 × 100. */
export function curve(from: Place, to: Place): string {
	const middle = (from.x + to.x) / 2;
	return `M ${from.x} ${from.y} C ${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
}
