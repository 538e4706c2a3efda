/* E10: a model is whole, or it is refused with all that is wrong in it, in words that say where and what to do. */
import { describe, expect, it } from "vitest";
import {
	checkEndpoints,
	readEndpointFile,
} from "../../../playground/edge/proxy/model/check-cluster.js";
import { checkModel } from "../../../playground/edge/proxy/model/check-model.js";
import type {
	Listener,
	Match,
	ProxyModel,
	Route,
} from "../../../playground/edge/proxy/model/model.js";
import { ProxyModelError } from "../../../playground/edge/proxy/model/proxy-model-error.js";
import { shadows } from "../../../playground/edge/proxy/model/shadowing.js";
import { cluster, forward, tableModel, under } from "./table-model.js";

const good = tableModel(18_443, 18_080);
const [edge, plain] = good.listeners as [Listener, Listener];

function problemsOf(changes: Partial<ProxyModel>): string {
	try {
		checkModel({ ...good, ...changes });
		return "none";
	} catch (error) {
		return (error as ProxyModelError).message;
	}
}

const withListener = (changes: Partial<Listener>): Partial<ProxyModel> => ({
	listeners: [edge, { ...plain, ...changes }],
});

const withRoutes = (...routes: readonly Route[]): Partial<ProxyModel> =>
	withListener({
		chains: [{ name: "all", serverNames: [], hosts: [{ name: "all", domains: ["*"], routes }] }],
	});

const toV2 = (changes: Partial<Route>): Route => ({
	...forward("one", "webapp", { path: under("/v2") }),
	...changes,
});

describe("a model", () => {
	it("that is whole is taken as it is", () => {
		expect(checkModel(good)).toBe(good);
	});

	it.each<[string, Partial<ProxyModel>, string]>([
		[
			"a route to a cluster that is missing",
			withRoutes(forward("one", "gatways", { path: under("/a") })),
			'plain/all/all/one leads to cluster "gatways", which is none of gateways, backups',
		],
		[
			"health of a cluster that is missing",
			withListener({ health: { path: "/h", cluster: "nobody" } }),
			'The health of listener plain leads to cluster "nobody"',
		],
		[
			"a route that another one shadows",
			withRoutes(
				forward("wide", "webapp", { path: { is: "prefix", path: "/" } }),
				forward("narrow", "beta", { path: under("/v2") }),
			),
			'plain/all/all/narrow is never reached: "wide" before it takes all of it. Put "narrow" first',
		],
		["two listeners of one name", { listeners: [edge, edge] }, 'Two have one listener: "edge"'],
		[
			"two listeners at one address",
			withListener({ port: edge.port }),
			'Two have one address of listeners: "127.0.0.1:18443"',
		],
		[
			"two clusters of one name",
			{ clusters: [...good.clusters, cluster("beta")] },
			'cluster: "beta"',
		],
		["no listener", { listeners: [] }, "There is no listener"],
		[
			"one domain in two hosts",
			withListener({
				chains: [
					{
						name: "all",
						serverNames: [],
						hosts: ["a", "b"].map((name) => ({ name, domains: ["a.test"], routes: [] })),
					},
				],
			}),
			'Two have one domain of plain/all: "a.test"',
		],
		[
			"server names without TLS",
			withListener({ chains: [{ name: "all", serverNames: ["a.test"], hosts: [] }] }),
			"Listener plain is plain: there are no server names without TLS",
		],
		[
			"a name that is none",
			withListener({
				chains: [
					{
						name: "all",
						serverNames: [],
						hosts: [{ name: "a", domains: ["A.*.test"], routes: [] }],
					},
				],
			}),
			'has "A.*.test": a name in lower case',
		],
		[
			"an upgrade that may hang for ever",
			withRoutes(toV2({ action: { is: "forward", cluster: "webapp", withinMs: 0 } })),
			"would wait for ever for an upgrade that hangs",
		],
		[
			"a header with a line break",
			withRoutes(toV2({ request: { set: { "X-A": "a\r\nX-B: b" } } })),
			'sets "X-A" to what can\'t be in a header',
		],
		[
			"a header that is the proxy's own",
			withRoutes(toV2({ request: { set: { Host: "a" } } })),
			'changes "Host", which is the proxy\'s own',
		],
		[
			"a path with quotes, that would end a word",
			withRoutes(toV2({ match: { path: under('/a" }'), takes: "any" } })),
			'it starts with "/"',
		],
		[
			"a path that nobody sends once paths are plain",
			withRoutes(toV2({ match: { path: under("/a/../b"), takes: "any" } })),
			"which nobody sends",
		],
		[
			"a value with a line break",
			withRoutes(
				toV2({
					match: {
						path: under("/a"),
						takes: "any",
						query: { a: { is: "exact", value: "1\n\tuse_backend admin" } },
					},
				}),
			),
			"has a value that can't be one",
		],
		["no connection at all", withListener({ connectionLimit: 0 }), "would take no connection"],
		[
			"zones compared with no fleet",
			{ clusters: [...good.clusters, cluster("zoned", { zoneAwareFrom: 2 })] },
			"Cluster zoned is zone-aware: that needs one cluster that is the own fleet",
		],
		[
			"an endpoint that is a name",
			{
				clusters: [
					...good.clusters,
					cluster("named", { endpoints: [{ host: "a.test", port: 1, zone: "a" }] }),
				],
			},
			"Cluster named has endpoint a.test:1: it takes addresses",
		],
	])("with %s is refused", (_, changes, problem) => {
		expect(problemsOf(changes)).toContain(problem);
	});

	it("is refused with all that is wrong at once", () => {
		const routes = [
			forward("a", "x", { path: under("/a") }),
			forward("b", "y", { path: under("/b") }),
		];
		const { message } = catching(() => checkModel({ ...good, ...withRoutes(...routes) }));
		expect(message).toContain('"x"');
		expect(message).toContain('"y"');
	});
});

describe("a list of endpoints", () => {
	const one = { host: "127.0.0.1", port: 9_001, zone: "a" };

	it("of a foreign cluster is refused", () => {
		const refused = catching(() => checkEndpoints(good, { cluster: "foreign", endpoints: [one] }));
		expect(refused.message).toContain('Endpoints are for cluster "foreign", but those by file are');
	});

	it("with one twice, or no port, is refused", () => {
		const endpoints = [one, one, { ...one, port: 0 }];
		const { message } = catching(() => checkEndpoints(good, { cluster: "beta", endpoints }));
		expect(message).toContain("127.0.0.1:9001 twice");
		expect(message).toContain("127.0.0.1:0, whose port is none");
	});

	const text = (name: string, port: unknown = 9_001): string =>
		JSON.stringify({ cluster: name, endpoints: [{ ...one, port }] });

	it("is read from a file that is whole", () => {
		expect(readEndpointFile(good, "beta", text("beta"))).toEqual({
			cluster: "beta",
			endpoints: [one],
		});
	});

	it.each<[string, string, string]>([
		["half-written", text("beta").slice(0, -9), "is no JSON, or half of it: write it beside"],
		["empty", "", "is no JSON, or half of it"],
		["of a foreign cluster", text("admin"), 'is for cluster "admin", not "beta"'],
		["of another shape", "[]", "is no list of endpoints"],
		["with a port in words", text("beta", "http"), "is no list of endpoints"],
	])("in a file %s is refused", (_, content, problem) => {
		expect(catching(() => readEndpointFile(good, "beta", content)).message).toContain(problem);
	});
});

describe("a route shadows another", () => {
	const match = (changes: Partial<Match>): Match => ({
		path: under("/v2"),
		takes: "any",
		...changes,
	});
	const a = { A: { is: "exact", value: "1" } } as const;

	it.each<[string, Partial<Match>, Partial<Match>, boolean]>([
		["of the same", {}, {}, true],
		["by a wider path", { path: { is: "prefix", path: "/v" } }, {}, true],
		["not by a longer path", { path: under("/v2/a") }, {}, false],
		["not a prefix by what is under it", {}, { path: { is: "prefix", path: "/v2" } }, false],
		["an exact path by what is under it", {}, { path: { is: "exact", path: "/v2/a" } }, true],
		["not its neighbour", {}, { path: { is: "exact", path: "/v22" } }, false],
		["by taking all", {}, { takes: "upgrades" }, true],
		["not by taking less", { takes: "upgrades" }, {}, false],
		["with fewer conditions", {}, { headers: a }, true],
		["not with more", { headers: a }, {}, false],
		["whatever the case of a header", { headers: { a: { is: "present" } } }, { headers: a }, true],
		["but not of a cookie", { cookies: { a: { is: "present" } } }, { cookies: a }, false],
		["by a prefix of a value", { query: { A: { is: "prefix", value: "" } } }, { query: a }, true],
		["not by its absence", { query: { A: { is: "absent" } } }, { query: a }, false],
	])("%s", (_, earlier, later, expected) => {
		expect(shadows(match(earlier), match(later))).toBe(expected);
	});
});

function catching(run: () => unknown): ProxyModelError {
	try {
		run();
	} catch (error) {
		if (error instanceof ProxyModelError) return error;
		throw error;
	}
	throw new Error("It was taken.");
}
