/* What one connection costs the server half, without sockets and TLS, for the plan of docs/guides/capacity.md. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createServer } from "../../src/server/create-server.js";

export interface Costs {
	/** JSON texts of the shipped server, or of a client in its words. */
	readonly bytes: {
		readonly ping: number;
		readonly pong: number;
		readonly welcome: number;
		readonly poll: number;
	};
	/** Heap of the server half for an idle link with one subscription. */
	readonly heapPerLink: number;
	/** hello → welcome and a subscribe → subscribed, for each second of one core. */
	readonly welcomesPerSecond: number;
}

const LINKS = 20_000;

export async function measure(): Promise<Costs> {
	setFlagsFromString("--expose-gc");
	const collect = runInNewContext("gc") as () => void;
	const server = createServer<null>({
		authorize: ({ token }) => ({ id: token ?? "guest" }),
		acceptRate: 200,
	});
	const sent = new Map<number, string[]>();
	const heap = (): number => {
		collect();
		return process.memoryUsage().heapUsed;
	};
	const before = heap();
	const cpu = process.cpuUsage();
	const links = Array.from({ length: LINKS }, (_, n) => open(n));
	await until(() => sent.size === LINKS);
	const { user, system } = process.cpuUsage(cpu);
	const [welcome = ""] = sent.get(0) ?? [];
	sent.clear();
	const heapPerLink = (heap() - before) / LINKS;
	const ping = JSON.stringify({ type: "ping", at: 1_700_000_000_000 });
	const pong = JSON.stringify({ type: "pong", at: 1_700_000_000_000 });
	const poll = await emptyPoll();
	for (const link of links) link.closed(1006);
	await server[Symbol.asyncDispose]();
	const bytes = {
		ping: ping.length,
		pong: pong.length,
		welcome: welcome.length,
		poll: poll.length,
	};
	return { bytes, heapPerLink, welcomesPerSecond: LINKS / ((user + system) / 1e6) };

	function open(n: number): ReturnType<typeof server.opened> {
		const texts: string[] = [];
		const send = (data: string): void => {
			texts.push(data);
			// The welcome and the answer to the subscribe, in one text or two.
			if (data.includes('"subscribed"')) sent.set(n, n === 0 ? texts : []);
		};
		const link = server.opened({ send, close: () => undefined, bufferedBytes: () => 0 }, null);
		const hello = {
			type: "hello",
			token: `user-${n}`,
			class: "boot",
			client: `client-${n}`,
			link: 1,
		};
		link.message(JSON.stringify({ ...hello, name: "holdfast", version: "0" }));
		link.message(
			JSON.stringify({ type: "subscribe", id: 1, channel: `room-${n % 100}`, from: null }),
		);
		return link;
	}

	async function emptyPoll(): Promise<string> {
		const body = JSON.stringify({ channels: { "room-0": { id: 1, from: null } }, waitMs: 0 });
		const headers = { authorization: "Bearer user-0", "content-type": "application/json" };
		const request = new Request("http://localhost/poll", { method: "POST", headers, body });
		const response = await server.handle(request, null);
		return response.text();
	}
}

async function until(isDone: () => boolean): Promise<void> {
	while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
}
