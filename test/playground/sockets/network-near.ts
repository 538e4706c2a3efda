/* The network of somebody near a PoP, for programs that fetch and dial by undici. */
import { connect } from "node:tls";
import { Agent } from "undici";
import { onTestFinished } from "vitest";
import { CONFIG } from "../../../playground/edge/config.js";
import { resolving } from "../../../playground/edge/resolving.js";
import type { EdgeRig } from "./edge-rig.js";

/** Asks our DNS as somebody near this PoP, and trusts the run's authority: what a network does for an app. */
export function networkNear({ edge }: EdgeRig, near: string): Agent {
	const { node } = edge.assembly.where;
	const world = edge.assembly.fleetWorld();
	const { neighbourhood = "" } = CONFIG.pops.find(({ name }) => name === near) ?? {};
	const resolve = resolving({ dns: node.dns, dohUrl: node.dohUrl, hasAliases: world.hasAliases });
	const agent = new Agent({
		connect: ({ hostname }, done) => {
			resolve(hostname, neighbourhood).then(
				([answer]) => {
					const target = world.reach[answer?.address ?? ""];
					const socket = connect({ ...target, servername: hostname, ca: node.authority });
					socket.once("secureConnect", () => done(null, socket));
					socket.once("error", (error) => done(error, null));
				},
				(error: Error) => done(error, null),
			);
		},
	});
	onTestFinished(() => agent.destroy());
	return agent;
}
