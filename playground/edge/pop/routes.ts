/* What a PoP's proxy makes of a request: pure, as a table that a real proxy's configuration can be written from. */
import { LINK_PATH } from "../applink/opening.js";
import type { Role } from "../control/contract.js";

export interface Route {
	/** Of the certificate's names; what the client asked for by SNI, or by Host where it sent none. */
	readonly host: string;
	/** A prefix. */
	readonly path: string;
	readonly to: "gateways" | "applink" | "webapp";
	/** What becomes of an upgrade, and of a plain request. */
	readonly takes: "upgrades" | "requests";
	/** Passed on as `X-Edge-Name`; a client's own is dropped. */
	readonly name: Role | "api";
}

export interface Asked {
	/** By SNI; empty: none. */
	readonly servername: string;
	/** The header, with its port. */
	readonly host: string;
	readonly path: string;
	readonly isUpgrade: boolean;
}

export function edgeRoutes(names: Readonly<Record<Role | "api", string>>): readonly Route[] {
	const { primary, backup, api } = names;
	const link = { path: LINK_PATH, to: "applink", takes: "upgrades" } as const;
	return [
		// The first that fits is taken.
		{ ...link, host: primary, name: "primary" },
		{ ...link, host: backup, name: "backup" },
		{ host: primary, path: "/", to: "gateways", takes: "upgrades", name: "primary" },
		{ host: backup, path: "/", to: "gateways", takes: "upgrades", name: "backup" },
		{ host: api, path: "/", to: "webapp", takes: "requests", name: "api" },
	];
}

/** Null: nobody's. A label before a name is the name too: dials ask for labels that no cache has. */
export function routeOf(routes: readonly Route[], asked: Asked): Route | null {
	const { servername, host, path, isUpgrade } = asked;
	const name = (servername || host.replace(/:\d+$/, "")).toLowerCase();
	const found = routes.find(
		(route) =>
			(name === route.host || name.endsWith(`.${route.host}`)) &&
			path.startsWith(route.path) &&
			isUpgrade === (route.takes === "upgrades"),
	);
	return found ?? null;
}
