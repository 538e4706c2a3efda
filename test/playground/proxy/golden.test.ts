/*
 * E10: whole configurations, as files to be read. Write them anew with UPDATE_GOLDEN=1, and read the diff.
 * That the real proxies take them is shown in test/playground/sockets/proxy.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { edgeRoutes } from "../../../playground/edge/pop/routes.js";
import { edgeModel } from "../../../playground/edge/proxy/edge-model.js";
import { renderBootstrap } from "../../../playground/edge/proxy/envoy/render/bootstrap.js";
import { renderEndpoints } from "../../../playground/edge/proxy/envoy/render/endpoints.js";
import { layoutOf } from "../../../playground/edge/proxy/envoy/render/layout.js";
import { renderSecret } from "../../../playground/edge/proxy/envoy/render/secret.js";
import { renderHaproxy } from "../../../playground/edge/proxy/haproxy/render/configuration.js";
import { haproxyLayoutOf } from "../../../playground/edge/proxy/haproxy/render/layout.js";
import { checkModel } from "../../../playground/edge/proxy/model/check-model.js";
import { tableModel } from "./table-model.js";

const MODELS = {
	table: checkModel(tableModel(18_443, 18_080)),
	pop: edgeModel({
		pop: { name: "DUB", region: "eu-west-1" },
		listen: { host: "127.0.0.1", port: 18_443 },
		routes: edgeRoutes({
			primary: "wss-primary.edge.test",
			backup: "wss-backup.edge.test",
			api: "api.edge.test",
		}),
		arm: "old",
		applinkTls: { serverName: "mesh", protocol: "holdfast-link" },
		capacity: 2_000,
	}),
};

const endpoints = [
	{ host: "127.0.41.1", port: 9_001, zone: "a" },
	{ host: "127.0.41.2", port: 9_001, zone: "b" },
	{ host: "127.0.41.3", port: 9_001, zone: "a" },
];
const PEM = "/edge/material/edge-1";
const EDS = { cluster: "gateways", endpoints };

const FILES: Readonly<Record<string, () => string>> = {
	"table.envoy.json": () => renderBootstrap(MODELS.table, layoutOf("/edge")),
	"table.haproxy.cfg": () => renderHaproxy(MODELS.table, haproxyLayoutOf("/edge"), { slots: 4 }),
	"pop.envoy.json": () => renderBootstrap(MODELS.pop, layoutOf("/edge")),
	"pop.haproxy.cfg": () => renderHaproxy(MODELS.pop, haproxyLayoutOf("/edge"), { slots: 16 }),
	"endpoints.json": () => renderEndpoints(MODELS.pop.node, EDS),
	"secret.json": () => renderSecret({ certificate: `${PEM}.cert.pem`, key: `${PEM}.key.pem` }),
};

describe("a whole configuration", () => {
	it.each(Object.entries(FILES))("is what %s has, to the byte", (name, render) => {
		const url = new URL(`golden/${name}`, import.meta.url);
		const text = render();
		if (process.env.UPDATE_GOLDEN === "1") writeFileSync(url, text);
		expect(text).toBe(readFileSync(url, "utf8"));
	});
});
