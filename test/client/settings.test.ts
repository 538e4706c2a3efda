import { describe, expect, it } from "vitest";
import type { ClientOptions } from "../../src/client/options.js";
import { checkOptions } from "../../src/client/settings.js";
import { isRealtimeError } from "../../src/errors/realtime-error.js";

const endpoints = ["wss://a.test", "wss://b.test"];

const NONSENSE: Record<string, unknown> = {
	"no endpoints": { endpoints: [] },
	"endpoints that are no list": { endpoints: "wss://a.test" },
	"an http URL where wss belongs": { endpoints: ["https://a.test"] },
	"a relative endpoint": { endpoints: ["/realtime"] },
	"an endpoint without a url": { endpoints: [{}] },
	"credentials in an endpoint": { endpoints: ["wss://user:secret@a.test"] },
	"a fragment in an endpoint": { endpoints: ["wss://a.test/#x"] },
	"a negative weight": { endpoints: [{ url: "wss://a.test", weight: -1 }] },
	"a wss URL where http belongs": { endpoints, api: "wss://a.test" },
	"a relative api": { endpoints, api: ["/api"] },
	"an unknown connect": { endpoints, connect: "now" },
	"a negative time": { endpoints, reconnect: { baseMs: -1 } },
	"a time that is not a number": { endpoints, heartbeat: { idleMs: Number.NaN } },
	"an endless time": { endpoints, degraded: { enterAfterMs: Number.POSITIVE_INFINITY } },
	"a time as a text": { endpoints, heartbeat: { timeoutMs: "3000" } },
	"a window that ends before it begins": { endpoints, reconnect: { failBackWindowMs: [2, 1] } },
	"a window of one": { endpoints, degraded: { intervalMs: [5] } },
	"storage without a namespace": { endpoints, outbox: { persist: "storage" } },
	"storage with an empty namespace": { endpoints, outbox: { persist: "storage", namespace: "" } },
	"an admission file that is no URL": { endpoints, reconnect: { admissionUrl: "/admission.json" } },
};

describe("options that make no sense", () => {
	it.each(Object.entries(NONSENSE))("%s: invalid-option, at the call", (_, options) => {
		const error = thrownBy(() => checkOptions(options as ClientOptions));
		expect(isRealtimeError(error) && error.code).toBe("invalid-option");
	});
});

describe("options", () => {
	it("are copied: what the app changes afterwards changes nothing", () => {
		const given = [{ url: "wss://a.test" }];
		const failBackWindowMs: [number, number] = [1, 2];
		const settings = checkOptions({ endpoints: given, reconnect: { failBackWindowMs } });
		given[0] = { url: "wss://evil.test" };
		failBackWindowMs[0] = 99;
		expect(settings.endpoints).toEqual([{ url: "wss://a.test", role: "primary" }]);
		expect(settings.reconnect.failBackWindowMs).toEqual([1, 2]);
	});

	it("may be frozen, or without a prototype", () => {
		const options = Object.assign(Object.create(null), {
			endpoints: Object.freeze([...endpoints]),
		});
		expect(checkOptions(Object.freeze(options)).endpoints).toHaveLength(2);
	});

	it("make the first endpoint the primary, unless they say otherwise", () => {
		const roles = (given: ClientOptions["endpoints"]): unknown =>
			checkOptions({ endpoints: given }).endpoints.map(({ role }) => role);
		expect(roles(endpoints)).toEqual(["primary", "backup"]);
		expect(
			roles([
				{ url: "wss://a.test", role: "backup" },
				{ url: "wss://b.test", role: "primary" },
			]),
		).toEqual(["backup", "primary"]);
	});

	it("keep a default where undefined is given", () => {
		const reconnect = { baseMs: undefined } as unknown as NonNullable<ClientOptions["reconnect"]>;
		expect(checkOptions({ endpoints, reconnect }).reconnect.baseMs).toBe(500);
	});
});

function thrownBy(run: () => unknown): unknown {
	try {
		run();
	} catch (reason) {
		return reason;
	}
	return undefined;
}
