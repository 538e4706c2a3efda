/* The names of one client's endpoints: a tracker each, and which address every live link goes to. */
import { familyOf } from "../endpoint/answer-checks.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import { dispose } from "../reactive/disposable.js";
import type { DnsResolver, Runtime } from "../runtime/runtime.js";
import type { OpenTransport, Transport } from "../transport/transport.js";
import { openWebSocket } from "../transport/websocket.js";
import type { NameFacts, NameKeeping, NameStatus } from "./contract.js";
import { RacingTransport, type Sockets } from "./racing-transport.js";
import { STALE_FOR_MS, Tracker } from "./tracker.js";

const UNKNOWN: NameStatus = { dns: null, address: null };

/** A link that lives, on one address of a name. */
interface Lane {
	/** The transport's own. */
	readonly key: object;
	readonly url: string;
	readonly address: string;
	readonly held: Disposable | null;
}

export class Names implements NameKeeping {
	readonly #runtime: Runtime;
	readonly #resolver: DnsResolver;
	readonly #sockets: Sockets;
	readonly #facts: NameFacts;
	/** Made with the first name: an endpoint that is an address has none. */
	#trackers: Map<string, Tracker> | null = null;
	/** In the order in which they were welcomed. */
	#lanes: readonly Lane[] = [];

	constructor(runtime: Runtime, resolver: DnsResolver, sockets: Sockets, facts: NameFacts) {
		this.#runtime = runtime;
		this.#resolver = resolver;
		this.#sockets = sockets;
		this.#facts = facts;
	}

	readonly open: OpenTransport = (endpoint, facts, runtime): Transport => {
		const hostname = hostnameOf(endpoint);
		if (familyOf(hostname) !== 0) return openWebSocket(endpoint, facts, runtime);
		const tracker = this.#tracker(hostname);
		const name = {
			tracker,
			sockets: this.#sockets,
			joined: (key: object, address: string) => this.#join(key, endpoint, tracker, address),
			left: (key: object) => this.#leave(key),
		};
		return new RacingTransport(endpoint, facts, runtime, name);
	};

	status(url: string): NameStatus {
		const hostname = hostnameOf({ url });
		if (familyOf(hostname) !== 0) return { dns: null, address: hostname };
		const tracker = this.#trackers?.get(hostname);
		if (tracker === undefined) return UNKNOWN;
		const lane = this.#lanes.findLast((each) => each.url === url);
		return { dns: tracker.get(), address: lane?.address ?? null };
	}

	/** What was learnt is kept: a client that is connected again begins with it. */
	stop(): void {
		for (const { key } of this.#lanes) this.#leave(key);
		for (const tracker of this.#trackers?.values() ?? []) tracker.rest();
	}

	#tracker(hostname: string): Tracker {
		this.#trackers ??= new Map();
		const known = this.#trackers.get(hostname);
		if (known !== undefined) return known;
		const tracker = new Tracker({
			hostname,
			resolver: this.#resolver,
			staleForMs: STALE_FOR_MS,
			runtime: this.#runtime,
			report: this.#facts.report,
		});
		tracker.subscribe(() => {
			this.#facts.changed();
			this.#follow(tracker, hostname);
		});
		this.#trackers.set(hostname, tracker);
		return tracker;
	}

	#follow(tracker: Tracker, hostname: string): void {
		for (const { url, address } of this.#lanes) {
			if (hostnameOf({ url }) === hostname && tracker.follows(address)) this.#facts.drained();
		}
	}

	#join(key: object, { url }: Endpoint, tracker: Tracker, address: string): void {
		this.#lanes = [...this.#lanes, { key, url, address, held: tracker.hold() }];
		this.#facts.changed();
	}

	#leave(key: object): void {
		dispose(this.#lanes.find((lane) => lane.key === key)?.held);
		this.#lanes = this.#lanes.filter((lane) => lane.key !== key);
	}
}

/** Without the brackets of an IPv6 address. */
function hostnameOf({ url }: Endpoint): string {
	return new URL(url).hostname.replace(/^\[|\]$/g, "");
}
