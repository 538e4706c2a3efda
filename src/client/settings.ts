/* Options, checked at the call and completed by the defaults: misuse never reaches a machine. */
import type { Endpoint, EndpointFilter, EndpointSource } from "../endpoint/endpoint.js";
import { preferPrimary, up } from "../endpoint/filters.js";
import { RealtimeError } from "../errors/realtime-error.js";
import {
	DEGRADED,
	type DegradedPolicy,
	HEARTBEAT,
	type HeartbeatPolicy,
	OUTBOX,
	type OutboxPolicy,
	RECONNECT,
	type ReconnectPolicy,
} from "../policy/policies.js";
import type { ClientOptions } from "./options.js";

export interface Settings {
	readonly source: EndpointSource | null;
	readonly endpoints: readonly Endpoint[];
	readonly api: readonly string[];
	readonly getToken: ClientOptions["getToken"];
	readonly connect: "eager" | "lazy" | "manual";
	readonly filters: readonly EndpointFilter[];
	readonly reconnect: ReconnectPolicy;
	readonly heartbeat: HeartbeatPolicy;
	readonly degraded: DegradedPolicy;
	readonly outbox: OutboxPolicy;
	readonly share: "tab" | "browser";
}

/** Shared: an idle client holds no chain of its own. */
export const FILTERS: readonly EndpointFilter[] = [up(), preferPrimary()];

export function invalid(message: string): RealtimeError {
	return new RealtimeError("invalid-option", message);
}

/** A copy of all that was given: changing the options afterwards changes nothing. */
export function checkOptions(options: ClientOptions): Settings {
	const { endpoints, api = [], connect = "lazy", share = "tab" } = options;
	if (typeof endpoints !== "object" || endpoints === null) throw invalid("endpoints is no list.");
	const source = "endpoints" in endpoints ? endpoints : null;
	const outbox = complete("outbox", OUTBOX, options.outbox);
	if (outbox.persist === "storage" && !outbox.namespace)
		throw invalid("outbox.namespace is required with persist: whose queue is it?");
	if (!["eager", "lazy", "manual"].includes(connect)) throw invalid("connect is unknown.");
	if (share !== "tab" && share !== "browser") throw invalid('share is "tab" or "browser".');
	const settings = {
		source,
		endpoints: checkEndpoints(source === null ? (endpoints as never) : source.endpoints.get()),
		api: (typeof api === "string" ? [api] : [...api]).map(checkApi),
		getToken: options.getToken,
		connect,
		filters: options.endpointFilters === undefined ? FILTERS : [...options.endpointFilters],
		reconnect: complete("reconnect", RECONNECT, options.reconnect),
		heartbeat: complete("heartbeat", HEARTBEAT, options.heartbeat),
		degraded: complete("degraded", DEGRADED, options.degraded),
		outbox,
		share,
	} as const;
	// A token goes out over HTTP too, and must not be readable there when it is not readable here.
	if (settings.reconnect.admissionUrl !== null) checkApi(settings.reconnect.admissionUrl);
	return settings;
}

export function checkEndpoints(endpoints: readonly (string | Endpoint)[]): readonly Endpoint[] {
	if (!Array.isArray(endpoints) || endpoints.length === 0) throw invalid("endpoints is empty.");
	return endpoints.map((given, index) => {
		const standard = index === 0 ? "primary" : "backup";
		const endpoint: Endpoint =
			typeof given === "string"
				? { url: given, role: standard }
				: { ...given, role: given.role ?? standard };
		const { protocol, username, hash } = parse(endpoint.url, "endpoints");
		if (protocol !== "wss:" && protocol !== "ws:")
			throw invalid(`${endpoint.url}: an endpoint starts with wss:// or ws://.`);
		if (username || hash) throw invalid("An endpoint has neither credentials nor a fragment.");
		if (!(endpoint.weight === undefined || endpoint.weight >= 0)) throw invalid("weight < 0.");
		return endpoint;
	});
}

function checkApi(url: string): string {
	const { protocol } = parse(url, "api");
	if (protocol !== "https:" && protocol !== "http:")
		throw invalid(`${url}: api starts with https:// or http://.`);
	return url.replace(/\/+$/, "");
}

function parse(url: unknown, name: string): URL {
	try {
		return new URL(url as string);
	} catch {
		throw invalid(`${name}: ${String(url)} is not an absolute URL.`);
	}
}

/** Every number of every policy is finite and not negative; what is undefined keeps its default. */
export function complete<P extends object>(name: string, defaults: P, given?: Partial<P>): P {
	if (given === undefined) return defaults;
	const policy = { ...defaults } as Record<string, unknown>;
	for (const [key, value] of Object.entries(given)) {
		if (value === undefined) continue;
		checkLike(`${name}.${key}`, policy[key], value);
		policy[key] = Array.isArray(value) ? [...value] : value;
	}
	return policy as P;
}

/** Only numbers and pairs of numbers can be wrong in a way that no type shows. */
function checkLike(name: string, standard: unknown, value: unknown): void {
	if (typeof standard === "number" && !isCount(value)) throw invalid(`${name} must be at least 0.`);
	if (!Array.isArray(standard)) return;
	const [least, most, ...rest] = Array.isArray(value) ? value : [];
	if (!isCount(least) || !isCount(most) || least > most || rest.length > 0)
		throw invalid(`${name} must be [least, most].`);
}

const isCount = (value: unknown): value is number =>
	Number.isFinite(value) && (value as number) >= 0;
