import type { ChannelMap, Client } from "../client/client.js";
import { createClient } from "../client/create-client.js";
import type { ClientOptions } from "../client/options.js";
import type { ConnectionState } from "../connection/projection.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import { ASYNC_DISPOSE } from "../reactive/disposable.js";
import { silentLogger } from "../runtime/logger.js";
import { memoryLocks, memoryStorage } from "../runtime/memory.js";
import type { Runtime } from "../runtime/runtime.js";
import type { ServerOptions } from "../server/contract.js";
import type { Behavior, DialOutcome } from "./behavior.js";
import { createFakeServer, type FakeServer } from "./fake-server.js";
import type { SimulatedLifecycle } from "./lifecycle.js";
import { createNetwork, type SimulatedNetwork } from "./network.js";
import { seededRandom } from "./seeded-random.js";
import type { Platform } from "./socket.js";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.js";

/** One client, one server that obeys, virtual time: an app sees its own degraded mode in a unit test. */
export interface Harness<C extends ChannelMap = Record<string, unknown>> extends AsyncDisposable {
	/** A client like any other. */
	readonly client: Client<C>;
	/** Nothing happens but in `clock.advance()`. */
	readonly clock: VirtualClock;
	/** Stands at every endpoint and at the HTTP half. */
	readonly server: FakeServer;
	/** All that can happen between the two. */
	readonly network: SimulatedNetwork;
	/** The page: hidden, frozen, woken. */
	readonly lifecycle: SimulatedLifecycle;
	/** Every state that `client.connection` had, the first one too. */
	readonly history: readonly ConnectionState[];
}

/** What `createHarness` takes: options of `createClient`, and what is said here. */
export interface HarnessOptions extends Partial<ClientOptions> {
	/** Of all chance in it. @default 1 */
	readonly seed?: number;
	/** What the server does with each dial; `harness.server.behavior` changes it later. @default "accept" */
	readonly behavior?: Behavior | DialOutcome;
	/** Options of the real server half behind it. @default everybody is "user" and may do all */
	readonly server?: Partial<Omit<ServerOptions<unknown>, "runtime">>;
	/** Whose WebSocket the network imitates where they differ. @default "browser" */
	readonly platform?: Platform;
}

const ENDPOINTS = ["wss://primary.test", "wss://backup.test"];
const API = "https://api.test";

/**
 * A client of yours against a server of ours, with no sockets, no waiting and no chance: nothing
 * happens until `clock.advance()`, and every run is the same run. Every option of `createClient`
 * is taken, parts of `runtime` too; endpoints are `wss://primary.test` and `wss://backup.test`, and
 * the HTTP half is `https://api.test`, unless you name others.
 *
 * @example
 * await using harness = createHarness({ connect: "eager" });
 * await harness.clock.advance(1_000);
 * harness.network.offline();
 * await harness.clock.advance(12_000);
 * expect(harness.client.mode.get().mode).toBe("offline");
 */
export function createHarness<C extends ChannelMap = Record<string, unknown>>(
	options: HarnessOptions = {},
): Harness<C> {
	const { seed = 1, behavior, server: serverOptions, platform, ...clientOptions } = options;
	const clock = createVirtualClock();
	const network = createNetwork({
		clock,
		random: seededRandom(seed),
		...(platform && { platform }),
	});
	const server = createFakeServer({
		clock,
		// Chance of its own for each, so that one more draw here changes nothing there.
		random: seededRandom(seed + 1),
		...serverOptions,
		...(behavior && { behavior }),
	});
	const { endpoints = ENDPOINTS, api = API } = clientOptions;
	for (const url of [...urlsOf(endpoints), api].flat()) network.serve(url, server);
	const runtime: Runtime = {
		clock,
		random: seededRandom(seed + 2),
		WebSocket: network.WebSocket,
		fetch: network.fetch,
		storage: memoryStorage(),
		locks: memoryLocks(),
		lifecycle: network.lifecycle,
		logger: silentLogger,
		...clientOptions.runtime,
	};
	const client = createClient<C>({ ...clientOptions, endpoints, api, runtime });
	const history: ConnectionState[] = [client.connection.get()];
	client.connection.subscribe((state) => history.push(state));
	return {
		client,
		clock,
		server,
		network,
		lifecycle: network.lifecycle,
		history,
		[ASYNC_DISPOSE]: async () => {
			await client.close();
			await server[ASYNC_DISPOSE]();
		},
	};
}

function urlsOf(endpoints: ClientOptions["endpoints"]): readonly string[] {
	const list: readonly (string | Endpoint)[] =
		"endpoints" in endpoints ? endpoints.endpoints.get() : endpoints;
	return list.map((endpoint) => (typeof endpoint === "string" ? endpoint : endpoint.url));
}
