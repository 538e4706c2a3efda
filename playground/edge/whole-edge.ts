/* The whole edge: its parts, the supervisor that starts and stops them, and the API that controls them. */
import { Assembly, type AssemblyOptions } from "./assembly.js";
import { CONFIG, checkConfig, type EdgeConfig } from "./config.js";
import type { EdgeState } from "./control/contract.js";
import { ControlServer } from "./control/control-server.js";
import { perform } from "./control/perform.js";
import { partsOf } from "./parts.js";
import { findReach } from "./reach.js";
import { Supervisor } from "./supervisor.js";
import { issueCredentials } from "./tls/credentials.js";

export interface WholeEdgeOptions extends AssemblyOptions {
	/** "none": as on a machine without loopback aliases. @default "look" */
	readonly aliases?: "look" | "none";
}

/** An edge that has not started: `control` starts first, so pages can watch the rest. */
export async function prepareEdge(
	changes: Partial<EdgeConfig> = {},
	options: WholeEdgeOptions = {},
): Promise<WholeEdge> {
	const config = checkConfig({ ...CONFIG, ...changes });
	const addresses = config.pops.flatMap((pop) => pop.addresses);
	const reach = await findReach(addresses, config.ports.edge, options.aliases);
	return new WholeEdge(new Assembly(config, reach, await issueCredentials(config), options));
}

export class WholeEdge {
	readonly assembly: Assembly;
	readonly control: ControlServer;
	readonly #supervisor: Supervisor;

	constructor(assembly: Assembly) {
		this.assembly = assembly;
		const { ports, pageOrigins } = assembly.config;
		this.control = new ControlServer({
			port: ports.control,
			pageOrigins,
			state: () => this.state,
			where: () => assembly.where,
			history: () => assembly.history.samples,
			perform: (action) => perform(assembly, action),
			report: (report) => assembly.ledger.take(report),
			left: (client) => assembly.ledger.leave(client),
		});
		this.#supervisor = new Supervisor(partsOf(assembly, this.control));
	}

	get state(): EdgeState {
		const { phase, parts } = this.#supervisor;
		return { ...this.assembly.state, phase, parts };
	}

	/** Resolves when all parts are up; rejects, naming the part, when one is not, and nothing is left then. */
	start(): Promise<void> {
		return this.#supervisor.start();
	}

	/** Resolves when nothing of it is left: no port, no connection, no thread, no timer. */
	stop(): Promise<void> {
		return this.#supervisor.stop();
	}
}
