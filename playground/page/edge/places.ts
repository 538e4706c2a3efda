/* Where the schematic has what, in percent of its width and height. Pure. */

export interface Place {
	readonly x: number;
	readonly y: number;
}

/** PoPs in a column, the main region to the right of them. */
export const PLACES: Readonly<Record<string, Place>> = {
	ada: { x: 7, y: 26 },
	lin: { x: 7, y: 58 },
	DUB: { x: 40, y: 13 },
	FRA: { x: 40, y: 41 },
	LHR: { x: 40, y: 69 },
	IAD: { x: 82, y: 41 },
};

export const CENTRE: Place = { x: 40, y: 41 };
export const placeOf = (id: string): Place => PLACES[id] ?? CENTRE;

/** A curve from left to right, for an SVG of 100 × 100. */
export function curve(from: Place, to: Place): string {
	const middle = (from.x + to.x) / 2;
	return `M ${from.x} ${from.y} C ${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
}
