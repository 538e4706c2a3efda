/* S27: what an idle connection holds, what a delivered message costs, how soon the first one comes. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createFaultProxy } from "../support/fault-proxy.js";
import { beside, compileProcesses, WITH_WS } from "../support/processes.js";
import type { Result, Task } from "./client-process.js";
import type { SendOrder } from "./server-process.js";
import { quantile, type Row, ratio } from "./table.js";

type Kind = Task["kind"];
interface Ports {
	readonly holdfast: number;
	readonly raw: number;
}

const CONNECTIONS = 400;
const MESSAGES = 200_000;
/** So long that a process's own milliseconds are a small part of a round trip. */
const DELAY_MS = 100;
const REPEATS = 3;

/** An idle client would seem to hold four times what it does if a loader named every closure. */
const compile = (): Promise<void> =>
	compileProcesses(
		beside(import.meta.url, ["server-process.ts", "client-process.ts"]),
		FOLDER,
		WITH_WS,
	);
const FOLDER = fileURLToPath(new URL("../../.tmp/bench/", import.meta.url));
const url = (port: number): string => `ws://127.0.0.1:${port}`;

export async function cost(): Promise<readonly Row[]> {
	await compile();
	const server = fork(`${FOLDER}server-process.mjs`);
	try {
		const [ports] = (await once(server, "message")) as [Ports];
		const rows = [
			await idle(ports),
			...(await delivered(server, ports)),
			await firstMessage(server, ports),
		];
		return rows;
	} finally {
		server.kill();
	}
}

async function idle(ports: Ports): Promise<Row> {
	const measure = async (kind: Kind): Promise<number> => {
		const result = await run({
			what: "idle",
			kind,
			url: url(ports[kind]),
			connections: CONNECTIONS,
			messages: 0,
		});
		return result.type === "heap" ? result.bytesEach / 1_000 : Number.NaN;
	};
	const raw = await measure("raw");
	const holdfast = await measure("holdfast");
	const above = holdfast - raw;
	return {
		id: "S27",
		what: `heap an idle connection, ${CONNECTIONS} of them`,
		holdfast: `${holdfast.toFixed(1)} kB (${above.toFixed(1)} above raw)`,
		raw: `${raw.toFixed(1)} kB`,
		required: "≤ 6 kB above raw",
		isMet: above <= 6,
	};
}

/** Pairs, one after the other, so that a machine that slows down slows both. */
async function delivered(server: ChildProcess, ports: Ports): Promise<readonly Row[]> {
	const rows: Row[] = [];
	for (const [how, leastRate, mostCpu] of [
		["one", 1.9, 0.5],
		["coalesced", 0.9, 1.2],
	] as const) {
		const rates: number[] = [];
		const cpus: number[] = [];
		for (let repeat = 0; repeat < REPEATS; repeat += 1) {
			const raw = await receive(server, ports, "raw", how);
			const ours = await receive(server, ports, "holdfast", how);
			rates.push(raw.wallMs / ours.wallMs);
			cpus.push(ours.cpuMs / raw.cpuMs);
		}
		const [rate, cpu] = [quantile(rates, 0.5), quantile(cpus, 0.5)];
		rows.push({
			id: "S27",
			what: `messages ${how === "one" ? "sent one by one" : "that raw ws gets fifty a frame"}: rate, processor time`,
			holdfast: `${ratio(rate, 1)}, ${ratio(cpu, 1)} (median of ${REPEATS})`,
			raw: "1 ×, 1 ×",
			required: `≥ ${leastRate} ×, ≤ ${mostCpu} ×`,
			isMet: rate >= leastRate && cpu <= mostCpu,
		});
	}
	return rows;
}

async function firstMessage(server: ChildProcess, ports: Ports): Promise<Row> {
	order(server, { type: "send", to: "holdfast", how: "one", messages: 1 });
	const measure = async (kind: Kind): Promise<number> => {
		const proxy = await createFaultProxy(ports[kind], { latencyMs: DELAY_MS });
		const task = {
			what: "first",
			kind,
			url: url(proxy.port),
			connections: 1,
			messages: 1,
		} as const;
		const times: number[] = [];
		for (let repeat = 0; repeat < 5; repeat += 1) {
			const result = await run(task);
			if (result.type === "first") times.push(result.ms);
		}
		await proxy[Symbol.asyncDispose]();
		// The proxy delays bytes, not the connect itself.
		return quantile(times, 0.5) / (2 * DELAY_MS);
	};
	const raw = await measure("raw");
	const holdfast = await measure("holdfast");
	return {
		id: "S27",
		what: "first message, in round trips after TCP",
		holdfast: holdfast.toFixed(2),
		raw: `${raw.toFixed(2)} (upgrade, one question)`,
		required: "≤ 2 (+ 0.3 of process time)",
		isMet: holdfast <= 2.3,
	};
}

function receive(
	server: ChildProcess,
	ports: Ports,
	to: Kind,
	how: SendOrder["how"],
): Promise<Extract<Result, { type: "received" }>> {
	return run(
		{ what: "receive", kind: to, url: url(ports[to]), connections: 1, messages: MESSAGES },
		() => order(server, { type: "send", to, how, messages: MESSAGES }),
	) as Promise<Extract<Result, { type: "received" }>>;
}

const order = (server: ChildProcess, what: SendOrder): void => void server.send(what);

/** A fresh process for one figure. */
function run(task: Task, listening: () => void = () => undefined): Promise<Result> {
	return new Promise((resolve, reject) => {
		const execArgv = ["--expose-gc"];
		const child = fork(`${FOLDER}client-process.mjs`, [JSON.stringify(task)], { execArgv });
		child.on("message", (result: Result) => {
			if (result.type === "listening") listening();
			else resolve(result);
		});
		child.on("exit", (code) => reject(new Error(`The measuring process ended with ${code}.`)));
	});
}
