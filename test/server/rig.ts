/* A server with fake sockets and a clock that stands until it is moved. */
import type { ClientFrame, HelloFrame, ServerFrame } from "../../src/protocol/frames.js";
import type { Position, StartAt } from "../../src/protocol/position.js";
import type {
	RealtimeServer,
	ServerLink,
	ServerOptions,
	ServerSocket,
} from "../../src/server/contract.js";
import { createServer } from "../../src/server/create-server.js";
import { type MemoryLog, memoryLog } from "../../src/server/memory-log.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.js";
import { canaryLogger } from "../support/secrets.js";

type FrameOf<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;

/** A client of hand-written frames, on a socket that takes everything at once unless told otherwise. */
export class Peer implements ServerSocket {
	readonly texts: string[] = [];
	end: { readonly code: number; readonly reason: string } | null = null;
	/** What the socket says that it has not got rid of. */
	buffered = 0;
	/** The socket never gets rid of anything. */
	isStuck = false;
	readonly link: ServerLink;

	constructor(open: (socket: ServerSocket) => ServerLink) {
		this.link = open(this);
	}

	// ── ServerSocket ─────────────────────────────────────────────────────────────────────────────
	send(data: string): void {
		if (this.end !== null) throw new Error("sent after close");
		this.texts.push(data);
		if (this.isStuck) this.buffered += data.length;
	}

	close(code: number, reason: string): void {
		if (this.end !== null) throw new Error("closed twice");
		this.end = { code, reason };
	}

	bufferedBytes(): number {
		return this.buffered;
	}

	// ── what the client says and hears ───────────────────────────────────────────────────────────
	/** One message: a batch, unless it is one frame. */
	say(...frames: readonly (ClientFrame | Readonly<Record<string, unknown>>)[]): void {
		this.link.message(JSON.stringify(frames.length === 1 ? frames[0] : frames));
	}

	get frames(): readonly ServerFrame[] {
		return this.texts.flatMap((text) => JSON.parse(text) as ServerFrame | ServerFrame[]);
	}

	get types(): readonly string[] {
		return this.frames.map(({ type }) => type);
	}

	all<T extends ServerFrame["type"]>(type: T): readonly FrameOf<T>[] {
		return this.frames.filter((frame): frame is FrameOf<T> => frame.type === type);
	}

	last<T extends ServerFrame["type"]>(type: T): FrameOf<T> {
		const found = this.all(type).at(-1);
		if (found === undefined) throw new Error(`no ${type} among ${this.types.join(", ")}`);
		return found;
	}

	/** The data of all messages. */
	get data(): readonly unknown[] {
		return this.all("message").map(({ data }) => data);
	}

	clear(): void {
		this.texts.length = 0;
	}
}

export interface Rig {
	readonly clock: VirtualClock;
	readonly log: MemoryLog;
	readonly server: RealtimeServer<string>;
	/** A socket that has said nothing yet. */
	open(): Peer;
	/** A client that was greeted. The token is the identity, unless `authorize` says otherwise. */
	connect(token?: string, hello?: Partial<HelloFrame>): Promise<Peer>;
	/** A turn of the event loop, and all that waits for one. */
	settle(): Promise<void>;
}

export const hello = (
	token: string | null = "ada",
	over: Partial<HelloFrame> = {},
): HelloFrame => ({
	type: "hello",
	token,
	class: "boot",
	client: "client",
	link: 1,
	name: "test",
	version: "0",
	...over,
});
export const subscribe = (channel: string, from: StartAt = null, id = 1): ClientFrame => ({
	type: "subscribe",
	id,
	channel,
	from,
});
export const publish = (
	id: string,
	channel = "a",
	over: { readonly data?: unknown; readonly first?: true; readonly ephemeral?: true } = {},
): ClientFrame => ({ type: "publish", id, channel, data: id, ...over });
export const at = (position: Position, offset: number): Position => ({ ...position, offset });

export function createRig(options: Partial<ServerOptions<string>> = {}): Rig {
	const clock = createVirtualClock();
	const runtime = { clock, random: seededRandom(1) };
	const log = memoryLog({ runtime, ...(options.retain && { retain: options.retain }) });
	const server = createServer<string>({
		authorize: ({ token }) => (token === null ? null : { id: token }),
		log,
		runtime,
		logger: canaryLogger(),
		...options,
	});
	const open = (): Peer => new Peer((socket) => server.opened(socket, "context"));
	const settle = (): Promise<void> => clock.advance(1);
	return {
		clock,
		log,
		server,
		open,
		settle,
		connect: async (token, over) => {
			const peer = open();
			peer.say(hello(token, over));
			await settle();
			peer.last("welcome");
			return peer;
		},
	};
}

/** A promise that a test settles when it likes. */
export function defer<T>(): {
	promise: Promise<T>;
	resolve(value: T): void;
	reject(reason: unknown): void;
} {
	let resolve: (value: T) => void = () => undefined;
	let reject: (reason: unknown) => void = () => undefined;
	const promise = new Promise<T>((...settle) => {
		[resolve, reject] = settle;
	});
	return { promise, resolve, reject };
}

export const numbers = (from: number, to: number): readonly number[] =>
	Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** Publishes these numbers, as the server's own. */
export async function fill(rig: Rig, from: number, to: number, channel = "a"): Promise<Position> {
	let position = await rig.log.head(channel);
	for (const n of numbers(from, to)) position = await rig.server.publish(channel, n);
	return position;
}

/** A client that has asked for a channel; of what it heard, the welcome is left out. */
export async function subscribed(rig: Rig, ...ask: Parameters<typeof subscribe>): Promise<Peer> {
	const peer = await rig.connect();
	peer.clear();
	peer.say(subscribe(...ask));
	await rig.settle();
	return peer;
}
