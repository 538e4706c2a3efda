/*
 * HAProxy's configuration. It knows no chains and no virtual hosts: a frontend's rules are one list, so each
 * says in variables where it belongs, chain, host, then route, and later rules ask for those.
 */
import type { ProxyModel } from "../../model/model.js";
import { renderBackend } from "./backend.js";
import { renderFrontend } from "./frontend.js";
import type { HaproxyLayout, HaproxyOptions } from "./layout.js";
import { limitVariable } from "./words.js";

/** The longest that HAProxy's clock can say, near 25 days. */
const FOREVER = "24d";

export function renderHaproxy(
	model: ProxyModel,
	layout: HaproxyLayout,
	options: HaproxyOptions,
): string {
	const sections = [
		global(model, layout, options),
		DEFAULTS,
		...model.listeners.map((listener) => renderFrontend(listener, layout)),
		...model.clusters
			.filter(({ role }) => role === "upstream")
			.map((cluster) => renderBackend(model, cluster, layout, options)),
	];
	return `${sections.map((lines) => lines.join("\n\t")).join("\n\n")}\n`;
}

function global(
	{ maxConnections, listeners }: ProxyModel,
	layout: HaproxyLayout,
	{ threads = 1, hardStopAfterMs, maxReloads }: HaproxyOptions,
): readonly string[] {
	return [
		"global",
		"expose-experimental-directives",
		`nbthread ${threads}`,
		`maxconn ${maxConnections}`,
		`stats socket ${layout.admin} mode 600 level admin expose-fd listeners`,
		"log stdout format raw local0 info",
		"tune.ssl.default-dh-param 2048",
		"ssl-default-bind-options ssl-min-ver TLSv1.2",
		...(hardStopAfterMs === undefined ? [] : [`hard-stop-after ${hardStopAfterMs}ms`]),
		...(maxReloads === undefined ? [] : [`mworker-max-reloads ${maxReloads}`]),
		...listeners.map(
			({ name, connectionLimit }) => `set-var ${limitVariable(name)} int(${connectionLimit})`,
		),
	];
}

const DEFAULTS: readonly string[] = [
	"defaults",
	"mode http",
	"log global",
	"option dontlognull",
	// Slow heads. A WebSocket is past it.
	"timeout http-request 5s",
	"timeout client 60s",
	"timeout connect 1s",
	"timeout server 10s",
	// Once both sides have switched, this is the only timer: without it the two above cut who is silent.
	`timeout tunnel ${FOREVER}`,
];
