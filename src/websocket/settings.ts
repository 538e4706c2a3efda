/* Options, checked at the call and completed: a copy, so that changing them afterwards changes nothing. */
import { checkEndpoints, complete, invalid } from "../client/settings.js";
import { initial, recall } from "../connection/state.js";
import type { Memory } from "../connection/state.js";
import type { Endpoint, EndpointSource } from "../endpoint/endpoint.js";
import { preferPrimary, up } from "../endpoint/filters.js";
import { toCandidates } from "../endpoint/health.js";
import { HEARTBEAT, RECONNECT } from "../policy/policies.js";
import { systemClock } from "../runtime/clock.js";
import type { Runtime } from "../runtime/runtime.js";
import { systemWebSocket } from "../runtime/websocket.js";
import { report, type Shared, type SocketRuntime, type SocketSetup } from "./setup.js";
import type { SocketOptions } from "./options.js";
import { watchWakes } from "./wakes.js";

type Common = Pick<SocketSetup, "question" | "runtime"> & {
	readonly policy: Omit<SocketSetup["policy"], "loss" | "isFinal">;
};

/** What both drop-ins take. Throws a RealtimeError `invalid-option`. */
export function checkCommon(options: SocketOptions): Common {
	const { heartbeat, endpointFilters = [up(), preferPrimary()] } = options;
	const { message, isReply, ...beat } = heartbeat ?? {};
	const question = heartbeat ?? null;
	if (question && (typeof message !== "function" || typeof isReply !== "function"))
		throw invalid("heartbeat needs message() and isReply().");
	return {
		policy: {
			...complete("reconnect", RECONNECT, options.reconnect),
			filters: [...endpointFilters],
			heartbeat: question && complete("heartbeat", HEARTBEAT, beat),
		},
		// Called on what was given, as it was then.
		question: question && {
			message: () => message?.call(question) ?? "",
			isReply: (data) => isReply?.call(question, data) === true,
		},
		runtime: socketRuntime(options.runtime ?? {}),
	};
}

/** The part of a runtime that a socket needs: the whole of it would bring storage and locks along. */
function socketRuntime(given: Partial<Runtime>): SocketRuntime {
	const { clock = systemClock, random = Math.random, logger, lifecycle, WebSocket } = given;
	return {
		clock,
		random,
		logger,
		// Of the moment: a polyfill may come later.
		get WebSocket() {
			return WebSocket ?? systemWebSocket();
		},
		onWake: (listener) => watchWakes(lifecycle, () => listener("woken")),
	};
}

type Given = readonly (string | Endpoint)[] | EndpointSource;

/** The endpoints as they are now; what a source says that makes no sense is passed over, and told. */
export function checkList(given: Given): {
	readonly shared: Shared;
	relist(memory: Memory): Memory;
} {
	const source = Object(given) === given && "endpoints" in given ? given : null;
	let list = source ? source.endpoints.get() : (given as readonly (string | Endpoint)[]);
	let endpoints = checkEndpoints(list);
	return {
		shared: { memory: recall(initial(endpoints)) },
		relist(memory) {
			const next = source?.endpoints.get() ?? list;
			if (next === list) return memory;
			list = next;
			try {
				endpoints = checkEndpoints(next);
			} catch (reason) {
				report(reason);
			}
			return { ...memory, candidates: toCandidates(endpoints, memory.candidates) };
		},
	};
}

/** "API base URL": none outside of pages and workers. */
export const baseUrl = (): string | undefined =>
	globalThis.document?.baseURI ?? globalThis.location?.href;
