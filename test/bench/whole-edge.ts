/* E1: from nothing to an edge whose parts are all up, and down again. */
import { prepareEdge } from "../../playground/edge/whole-edge.js";
import { quantile, type Row, seconds } from "./table.js";

const ROUNDS = 5;
const CLIENTS = 500;

export async function wholeEdge(): Promise<readonly Row[]> {
	const starts: number[] = [];
	const stops: number[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		const beganAt = performance.now();
		const edge = await prepareEdge({ clients: CLIENTS });
		await edge.start();
		starts.push(performance.now() - beganAt);
		const stoppedAt = performance.now();
		await edge.stop();
		stops.push(performance.now() - stoppedAt);
	}
	const slowest = Math.max(...starts);
	return [
		{
			id: "E1",
			what: `the whole edge, a fleet of ${CLIENTS} wanted: until all parts are up, slowest of ${ROUNDS} starts; until nothing is left, p50`,
			holdfast: `${seconds(slowest)}, ${seconds(quantile(stops, 0.5))}`,
			raw: "nothing to compare",
			required: "≤ 15 s on 2 cores",
			isMet: slowest <= 15_000,
		},
	];
}
