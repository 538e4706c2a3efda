/*
 * The receiving side, in a fresh process for each figure: heap of idle connections, or processor time
 * of delivered messages. Started with --expose-gc; the result goes to the parent over IPC.
 */
import { createClient } from "holdfast";
import WebSocket from "ws";

export interface Task {
	readonly what: "idle" | "receive" | "first";
	readonly kind: "holdfast" | "raw";
	readonly url: string;
	readonly connections: number;
	readonly messages: number;
}
export type Result =
	| { readonly type: "listening" }
	| { readonly type: "heap"; readonly bytesEach: number }
	| { readonly type: "received"; readonly wallMs: number; readonly cpuMs: number }
	| { readonly type: "first"; readonly ms: number };

const WARM_UP = 400;

const tell = (result: Result): void => void process.send?.(result);
const task = JSON.parse(process.argv[2] ?? "{}") as Task;
const TASKS = { idle: measureIdle, receive: measureReceiving, first: measureFirst };
await TASKS[task.what]();

async function measureIdle(): Promise<void> {
	const keep: unknown[] = [];
	// What the engine compiles for the first connections is not held by the later ones.
	for (let n = 0; n < WARM_UP; n += 1) keep.push(await open());
	const before = heap();
	for (let n = 0; n < task.connections; n += 1) keep.push(await open());
	tell({ type: "heap", bytesEach: (heap() - before) / task.connections });
	process.exit(keep.length > 0 ? 0 : 1);
}

async function measureReceiving(): Promise<void> {
	let received = 0;
	let begun: { readonly at: number; readonly cpu: NodeJS.CpuUsage } | null = null;
	const count = (): void => {
		begun ??= { at: performance.now(), cpu: process.cpuUsage() };
		received += 1;
		if (received < task.messages) return;
		const { user, system } = process.cpuUsage(begun.cpu);
		const wallMs = performance.now() - begun.at;
		tell({ type: "received", wallMs, cpuMs: (user + system) / 1_000 });
		process.exit(0);
	};
	await open(count);
	tell({ type: "listening" });
}

/** From the first packet to the first message: divided by a known delay, it is in round trips. */
async function measureFirst(): Promise<void> {
	const begin = performance.now();
	const done = (): void => {
		tell({ type: "first", ms: performance.now() - begin });
		process.exit(0);
	};
	if (task.kind === "raw") {
		const socket = new WebSocket(task.url, { perMessageDeflate: false });
		socket.on("open", () => socket.send("hello"));
		socket.on("message", done);
		return;
	}
	createClient({ endpoints: [task.url] }).subscribe("bench", done, { from: { last: 1 } });
}

async function open(message: () => void = () => undefined): Promise<unknown> {
	if (task.kind === "raw") {
		const socket = new WebSocket(task.url, { perMessageDeflate: false });
		socket.on("message", (data: Buffer) => {
			const parsed = JSON.parse(data.toString()) as unknown;
			if (Array.isArray(parsed)) for (const _ of parsed) message();
			else message();
		});
		await new Promise((resolve) => socket.once("open", resolve));
		return socket;
	}
	const client = createClient({ endpoints: [task.url] });
	const subscription = task.what === "idle" ? null : client.subscribe("bench", message);
	await client.connect();
	if (subscription !== null && subscription.state.get().status !== "subscribed")
		await new Promise<void>((resolve) => subscription.state.subscribe(() => resolve()));
	return client;
}

function heap(): number {
	for (let pass = 0; pass < 3; pass += 1) globalThis.gc?.();
	return process.memoryUsage().heapUsed;
}
