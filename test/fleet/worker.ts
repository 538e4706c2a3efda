/* One run in a thread of its own. */
import { parentPort } from "node:worker_threads";
import { runFleet } from "../../src/testing/fleet/run.js";
import { machineClients } from "../../src/testing/fleet/machine-clients.js";
import { checkFleet } from "../../src/testing/fleet/settings.js";
import type { Job } from "./jobs.js";
import { PEERS, scheduledClients } from "./peers.js";

parentPort?.on("message", ({ options, peer }: Job) => {
	const settings = checkFleet(options);
	const { clients } = settings;
	const recruit = peer === null ? machineClients(settings) : scheduledClients(clients, PEERS[peer]);
	const report = runFleet(settings, recruit, (progress) =>
		parentPort?.postMessage({ type: "progress", progress }),
	);
	parentPort?.postMessage({ type: "done", report });
});
