/* E5: what the playground's L4 balancer adds to a round trip, beside the same echo without it. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Balancer } from "../../playground/edge/balancer.js";
import { quantile, type Row } from "./table.js";

const HOST = "127.0.0.1";
const ROUNDS = 10;
const ROUND_TRIPS = 2_000;
const MESSAGE = Buffer.alloc(256, 1);

async function open(port: number): Promise<Socket> {
	const socket = connect({ port, host: HOST, noDelay: true });
	await once(socket, "connect");
	return socket;
}

/** Of `ROUND_TRIPS` messages, one after the other, in ms. */
async function roundTrips(socket: Socket): Promise<number[]> {
	const times: number[] = [];
	for (let trip = 0; trip < ROUND_TRIPS; trip++) {
		const beganAt = performance.now();
		socket.write(MESSAGE);
		for (let heard = 0; heard < MESSAGE.length; )
			heard += ((await once(socket, "data")) as [Buffer])[0].length;
		times.push(performance.now() - beganAt);
	}
	return times;
}

/** Turn by turn, so that what else the machine does strikes both. */
export async function balancer(): Promise<readonly Row[]> {
	const server = createServer({ noDelay: true }, (socket) => {
		socket.on("error", () => undefined);
		socket.pipe(socket);
	});
	await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
	const { port } = server.address() as { port: number };
	const between = new Balancer({ target: () => ({ host: HOST, port }) });
	await between.start();
	const [direct, through] = [await open(port), await open(between.port)];
	await Promise.all([roundTrips(direct), roundTrips(through)]);
	const times: { readonly direct: number[]; readonly through: number[] } = {
		direct: [],
		through: [],
	};
	for (let round = 0; round < ROUNDS; round++) {
		times.direct.push(...(await roundTrips(direct)));
		times.through.push(...(await roundTrips(through)));
	}
	for (const socket of [direct, through]) socket.destroy();
	await between.stop();
	server.close();
	const [bare, passed] = [quantile(times.direct, 0.5), quantile(times.through, 0.5)];
	const count = (ROUNDS * ROUND_TRIPS).toLocaleString("en");
	return [
		{
			id: "E5",
			what: `round trip of 256 bytes through the L4 balancer, all in one process: p50 of ${count}, beside the same without it`,
			holdfast: `${passed.toFixed(3)} ms, + ${(passed - bare).toFixed(3)} ms`,
			raw: `${bare.toFixed(3)} ms`,
			required: "+ ≤ 0.2 ms",
			isMet: passed - bare <= 0.2,
		},
	];
}
