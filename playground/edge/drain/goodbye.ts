/* How long everybody has to leave: W = 1.2 × N ÷ C for the goodbyes, and what the last ones need to move. */

/** As the server has it (src/server/roster.ts, src/server/drain.ts). */
const MARGIN = 1.2;
export const MOVE_MS = 10_000;

/** `sockets`: of the fullest gateway; each says goodbye at the rate at which one takes in. */
export function goodbyeMs(sockets: number, acceptRate: number | null): number {
	if (acceptRate === null) return MOVE_MS;
	return MOVE_MS + Math.ceil(((MARGIN * sockets) / acceptRate) * 1_000);
}
