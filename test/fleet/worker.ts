/* One run in a thread of its own. */
import { parentPort } from "node:worker_threads";
import { machineClients } from "../../src/testing/fleet/machine-clients.js";
import { runFleet } from "../../src/testing/fleet/run.js";
import { checkFleet } from "../../src/testing/fleet/settings.js";
import type { Job } from "./jobs.js";
import { PEERS, scheduledClients } from "./peers.js";
import { measure } from "./plan.js";

parentPort?.on("message", (job: Job | "plan") => {
	if (job === "plan") void measure().then((costs) => parentPort?.postMessage(costs));
	else run(job);
});

function run({ options, peer }: Job): void {
	const settings = checkFleet(options);
	const { clients } = settings;
	const recruit = peer === null ? machineClients(settings) : scheduledClients(clients, PEERS[peer]);
	const report = runFleet(settings, recruit, (progress) =>
		parentPort?.postMessage({ type: "progress", progress }),
	);
	parentPort?.postMessage({ type: "done", report });
}
