/* The two machines that decide for the whole client, each with its orders from effects.ts. */
import * as connection from "../connection/machine.js";
import * as mode from "../degraded/mode.js";
import type { EndpointFilter } from "../endpoint/endpoint.js";
import type { Report } from "../reactive/readable.js";
import { CONNECTION_ORDERS, connectionChanged, MODE_ORDERS, modeChanged } from "./effects.js";
import { Machine, type World } from "./machine.js";
import type { Shell } from "./shell.js";

export function newConnection(shell: Shell, world: World): Shell["connection"] {
	const { reconnect, filters, endpoints } = shell.settings;
	const policy = { ...reconnect, filters: filters.map((filter) => guard(filter, world.report)) };
	return new Machine(
		connection.initial(endpoints),
		{
			name: "connection",
			transition: (state, input, moment) => connection.transition(state, input, policy, moment),
			dueAt: connection.dueAt,
			perform: (order) => CONNECTION_ORDERS[order.type](shell, order as never),
			changed: (state, previous) => connectionChanged(shell, state, previous),
		},
		world,
	);
}

export function newMode(shell: Shell, world: World): Shell["mode"] {
	const policy = { ...shell.settings.degraded, hasApi: shell.settings.api.length > 0 };
	return new Machine(
		mode.initialMode(),
		{
			name: "mode",
			transition: (state, input, moment) => mode.transition(state, input, policy, moment),
			dueAt: mode.dueAt,
			perform: (order) => MODE_ORDERS[order.type](shell, order as never),
			changed: () => modeChanged(shell),
		},
		world,
	);
}

/** An app's filter that throws must not stop the dialling: its step is left out, and it is told of. */
function guard(filter: EndpointFilter, report: Report): EndpointFilter {
	return (candidates, context) => {
		try {
			return filter(candidates, context);
		} catch (reason) {
			report(reason);
			return candidates;
		}
	};
}
