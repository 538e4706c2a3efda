/* The two machines that decide for the whole client, each with its orders from effects.ts. */
import type { ConnectionEffect, ConnectionInput } from "../connection/contract.js";
import * as connection from "../connection/machine.js";
import type { ModeEffect, ModeInput } from "../degraded/contract.js";
import * as mode from "../degraded/mode.js";
import type { EndpointFilter } from "../endpoint/endpoint.js";
import type { Report } from "../reactive/readable.js";
import { CONNECTION_ORDERS, connectionChanged, MODE_ORDERS, modeChanged } from "./effects.js";
import type { Definition } from "./machine.js";
import { FILTERS, type Settings } from "./settings.js";
import type { Policies, Shell } from "./shell.js";

/** Who is dialled, when, and what lives. */
export const CONNECTION: Definition<
	Shell,
	connection.ConnectionMachine,
	ConnectionInput,
	ConnectionEffect
> = {
	name: "connection",
	transition: (state, input, moment, shell) =>
		connection.transition(state, input, shell.policies.connection, moment),
	dueAt: connection.dueAt,
	perform: (shell, order) => CONNECTION_ORDERS[order.type](shell, order as never),
	changed: connectionChanged,
};

/** What the product promises meanwhile, and when to poll. */
export const MODE: Definition<Shell, mode.ModeState, ModeInput, ModeEffect> = {
	name: "mode",
	transition: (state, input, moment, shell) =>
		mode.transition(state, input, shell.policies.mode, moment),
	dueAt: mode.dueAt,
	perform: (shell, order) => MODE_ORDERS[order.type](shell, order as never),
	changed: modeChanged,
};

/** Spelled out: a spread would give each client shapes of its own, a kilobyte of them. */
export function policiesOf(settings: Settings, report: Report): Policies {
	const { firstRedialWindowMs, baseMs, maxMs, dialTimeoutMs } = settings.reconnect;
	const { stableAfterMs, failBackWindowMs, admissionUrl } = settings.reconnect;
	const { enterAfterMs, polling, intervalMs, bannerAfterMs } = settings.degraded;
	const isOurs = settings.filters === FILTERS;
	const filters = isOurs ? FILTERS : settings.filters.map((filter) => guard(filter, report));
	const hasApi = settings.api.length > 0;
	return {
		connection: {
			firstRedialWindowMs,
			baseMs,
			maxMs,
			dialTimeoutMs,
			stableAfterMs,
			failBackWindowMs,
			admissionUrl,
			filters,
		},
		mode: { enterAfterMs, polling, intervalMs, bannerAfterMs, hasApi },
	};
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
