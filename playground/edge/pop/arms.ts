/*
 * The arms of a PoP: proxies side by side before the same gateways, each behind balancers of its own. A migration
 * leads newcomers from one to the other.
 *
 *    balancers ───────▶ old arm ──┬──▶ gateways
 *    last balancer ───▶ new arm ──╯
 */
import type { EdgeApi } from "../api/edge-api.js";
import type { Target } from "../balancer.js";
import type { PopConfig, ProxyKind, SlotConfig } from "../config.js";
import type { PopState } from "../control/contract.js";
import { addressesOf } from "../migration/arms.js";
import type { ArmName } from "../migration/contract.js";
import type { ProxyModel } from "../proxy/model/model.js";
import { RealProxy } from "../proxy/real-proxy.js";
import type { KeyPair } from "../tls/authority.js";
import { type AppWay, dialApplink } from "./app-way.js";
import type { GatewayServer } from "./gateway-server.js";
import { type PopProxy, TlsProxy } from "./proxy.js";
import type { Route } from "./routes.js";

export interface PopArm {
	readonly name: ArmName;
	readonly proxy: PopProxy;
}

export interface ArmsOptions {
	readonly pop: PopConfig;
	/** Null: there is no new arm. */
	readonly proxies: Readonly<Record<"old", ProxyKind>> & Readonly<Record<"new", ProxyKind | null>>;
	readonly routes: readonly Route[];
	/** Shown to clients. */
	readonly certificate: KeyPair;
	/** Sockets that the PoP can hold. */
	readonly capacity: number;
	/** Of each HAProxy. */
	readonly slots: SlotConfig;
	readonly gateways: readonly GatewayServer[];
	/** Else no gateway takes newcomers: elsewhere the log may be near. */
	readonly isLogNear: () => boolean;
	readonly api: EdgeApi;
	readonly applink: AppWay;
	/** What a real proxy's configuration becomes. */
	readonly reshape: (arm: ArmName, model: ProxyModel) => ProxyModel;
}

/** Nobody listens there: who asks hears so at once. */
export const NOWHERE: Target = { host: "127.0.0.1", port: 1 };

/** The old one first. A PoP with one balancer has no other. */
export function armsBefore(options: ArmsOptions): readonly [PopArm, ...PopArm[]] {
	const { pop, proxies } = options;
	const old: PopArm = { name: "old", proxy: newProxy("old", proxies.old, options) };
	if (proxies.new === null || addressesOf(pop, "new").length === 0) return [old];
	return [old, { name: "new", proxy: newProxy("new", proxies.new, options) }];
}

/** What real ones say of themselves. */
export function factsOf([old, fresh]: readonly PopArm[]): Pick<PopState, "proxy" | "newArm"> {
	return {
		...(old?.proxy.facts ? { proxy: old.proxy.facts } : {}),
		...(fresh?.proxy.facts ? { newArm: fresh.proxy.facts } : {}),
	};
}

function newProxy(arm: ArmName, kind: ProxyKind, options: ArmsOptions): PopProxy {
	const { pop, routes, certificate, capacity, slots, gateways, isLogNear, api, applink } = options;
	if (kind === "embedded")
		return new TlsProxy({
			...{ arm, certificate, routes },
			applink: () => dialApplink(applink),
			gateway: () => (isLogNear() ? leastBusy(gateways) : null),
			webapp: () => ({ ...(api.target ?? NOWHERE), agent: false, isTls: false }),
		});
	return new RealProxy({
		...{ arm, kind, pop, routes, certificate, capacity, slots, applink },
		reshape: (model) => options.reshape(arm, model),
		gateways: () => (isLogNear() ? gateways.flatMap(({ target }) => target ?? []) : []),
		webapp: () => api.target,
	});
}

/** That with the fewest sockets. */
function leastBusy(gateways: readonly GatewayServer[]): Target | null {
	const [first] = gateways
		.filter(({ target }) => target !== null)
		.map(({ target, state }) => ({ target, sockets: state.primary + state.backup }))
		.sort((a, b) => a.sockets - b.sockets);
	return first?.target ?? null;
}
