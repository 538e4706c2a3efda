/* The processes of a fleet on real sockets. */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beside, Child, compileProcesses, WITH_WS } from "../../support/processes.js";
import type {
	ClientsData,
	FromClients,
	FromGateway,
	GatewayData,
	ToClients,
	ToGateway,
} from "./contract.js";

/** Of this process alone: a test may run beside it. Inside the project, where its packages are found. */
const FOLDER = fileURLToPath(new URL(`../../../.tmp/real-fleet-${process.pid}/`, import.meta.url));

export type Gateway = Child<ToGateway, FromGateway>;
export type Clients = Child<ToClients, FromClients>;

let compiled: Promise<void> | null = null;

/** Once. */
export function compile(): Promise<void> {
	compiled ??= bundle();
	return compiled;
}

async function bundle(): Promise<void> {
	process.once("exit", () => rmSync(FOLDER, { recursive: true, force: true }));
	const names = ["gateway-process.ts", "clients-process.ts"];
	await compileProcesses(beside(import.meta.url, names), FOLDER, WITH_WS);
}

export const startGateway = (data: GatewayData): Gateway =>
	new Child(`${FOLDER}gateway-process.mjs`, JSON.stringify(data));

export const startClients = (data: ClientsData): Clients =>
	new Child(`${FOLDER}clients-process.mjs`, JSON.stringify(data));
