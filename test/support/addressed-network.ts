/*
 * A simulated network whose hosts are addresses, and names over it, for clients that resolve for
 * themselves: TCP connects of its own, and a WebSocket class that goes where its connection went.
 */
import type { DnsAnswer } from "../../src/endpoint/dns-answer.js";
import type {
	Clock,
	DnsResolver,
	Runtime,
	TcpConnect,
	TcpSocket,
	WebSocketConstructor,
} from "../../src/runtime/runtime.js";
import type { NetworkStack } from "../../src/testing.js";

type Listener = (reason?: unknown) => void;

/** How an address takes a TCP connect. */
export type Door = "open" | "black-hole" | "refused";

export interface AddressedNetwork extends Required<Pick<Runtime, "WebSocket" | "connect">> {
	readonly doors: Map<string, Door>;
	/** Connects that were tried, in order. */
	readonly connects: string[];
	/** Of one way of TCP. @default 10 */
	rttMs: number;
}

class SimulatedTcp implements TcpSocket {
	readonly host: string;
	readonly #listeners = new Map<string, Set<Listener>>();

	constructor(host: string) {
		this.host = host;
	}

	on(event: string, listener: Listener): void {
		const listeners = this.#listeners.get(event) ?? new Set();
		this.#listeners.set(event, listeners.add(listener));
	}

	off(event: string, listener: Listener): void {
		this.#listeners.get(event)?.delete(listener);
	}

	destroy(): void {
		this.#listeners.clear();
	}

	tell(event: string, reason?: unknown): void {
		for (const listener of this.#listeners.get(event) ?? []) listener(reason);
	}
}

export function addressedNetwork(network: NetworkStack, clock: Clock): AddressedNetwork {
	const connect: TcpConnect = ({ host }) => {
		const tcp = new SimulatedTcp(host);
		const door = self.doors.get(host) ?? "open";
		self.connects.push(host);
		const reason = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
		const answer = (): void => (door === "open" ? tcp.tell("connect") : tcp.tell("error", reason));
		if (door !== "black-hole") clock.setTimeout(answer, self.rttMs, "tcp");
		return tcp;
	};
	const dial = (_url: string, protocols: string[], options: Dialled): object => {
		const { host } = options.createConnection({});
		return new network.WebSocket(urlOf(host), protocols);
	};
	function SimulatedWs(url: string, protocols: string[], options: Dialled): object {
		return dial(url, protocols, options);
	}
	SimulatedWs.prototype = { terminate: () => undefined };
	const self: AddressedNetwork = {
		connect,
		WebSocket: SimulatedWs as unknown as WebSocketConstructor,
		doors: new Map(),
		connects: [],
		rttMs: 10,
	};
	return self;
}

interface Dialled {
	createConnection(options: object): SimulatedTcp;
}

/** Where the network has the host of an address. */
export const urlOf = (address: string): string => `ws://${address}/`;

/** A zone that a test changes as it likes; each name answers by a function of its own. */
export class Zone implements DnsResolver {
	readonly names = new Map<string, () => readonly DnsAnswer[] | Promise<readonly DnsAnswer[]>>();
	/** Questions, in order, with the instant of each. */
	readonly questions: { readonly name: string; readonly at: number }[] = [];
	readonly #clock: Clock;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** `addresses` for a name, with one TTL. */
	set(name: string, addresses: readonly string[], ttlMs = 60_000): void {
		this.names.set(name, () => answersOf(addresses, ttlMs));
	}

	async resolve(name: string): Promise<readonly DnsAnswer[]> {
		this.questions.push({ name, at: this.#clock.monotonic() });
		const answer = this.names.get(name);
		if (answer === undefined) throw new Error(`NXDOMAIN ${name}`);
		return answer();
	}
}

export function answersOf(addresses: readonly string[], ttlMs: number): readonly DnsAnswer[] {
	return addresses.map((address) => ({
		address,
		family: address.includes(":") ? 6 : 4,
		ttlMs,
	}));
}
