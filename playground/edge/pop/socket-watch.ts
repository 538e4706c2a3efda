/*
 * The sockets of a realtime server, by what the proxy tells of them in headers: which name was dialled, and through
 * which arm they came. Whose they are, their tokens tell.
 */
import type { IncomingMessage } from "node:http";
import type { RealtimeServer, ServerSocket } from "holdfast/server";
import type { Role } from "../control/contract.js";
import type { ArmName } from "../migration/contract.js";

/** Set by proxies; a client's own are dropped. */
export const NAME_HEADER = "X-Edge-Name";
export const ARM_HEADER = "X-Edge-Arm";
/** Of one who looks whether the way is open, says nothing, and is no visitor. */
export const PROBE_HEADER = "X-Edge-Probe";

/** A socket that is open. */
export interface Visitor {
	readonly role: Role;
	readonly arm: ArmName;
	/** Null: not admitted yet. */
	readonly user: string | null;
	/** Both monotonic: since when it is here, and when it said something last. */
	readonly openedAt: number;
	readonly saidAt: number;
}

export interface Farewell {
	/** It is closed then. */
	readonly deadlineMs: number;
	/** Over which it dials elsewhere. */
	readonly windowMs: number;
}

interface Open extends Visitor {
	user: string | null;
	saidAt: number;
	readonly socket: ServerSocket;
}

/** As the server says it to whoever overstays a goodbye (docs/PROTOCOL.md). */
const OVERSTAYED = 1012;
/** As to what is malformed (docs/PROTOCOL.md). Anybody may call himself a probe, and so not be counted. */
const TALKING = 4400;

export class SocketWatch {
	/** Open now. Counted as they come and go: it is asked for each upgrade. */
	readonly sockets: Record<Role, number> = { primary: 0, backup: 0 };
	readonly #open = new Map<IncomingMessage, Open>();
	readonly #deadlines = new Set<NodeJS.Timeout>();
	readonly #accepted: (visitor: Visitor) => void;

	/** `accepted`: told of each that comes. */
	constructor(accepted: (visitor: Visitor) => void) {
		this.#accepted = accepted;
	}

	get visitors(): readonly Visitor[] {
		return [...this.#open.values()];
	}

	/** Whose the socket is that came by this request. */
	admitted(request: IncomingMessage, user: string): void {
		const open = this.#open.get(request);
		if (open !== undefined) open.user = user;
	}

	over(inner: RealtimeServer<IncomingMessage>): RealtimeServer<IncomingMessage> {
		return {
			stats: inner.stats,
			limits: inner.limits,
			handle: (request, context) => inner.handle(request, context),
			publish: (channel, data, options) => inner.publish(channel, data, options),
			disconnect: (identity, options) => inner.disconnect(identity, options),
			drain: (options) => inner.drain(options),
			[Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
			opened: (socket, request) => this.#opened(inner, socket, request),
		};
	}

	/**
	 * To those who came through this arm alone: a server's own `drain` asks all of its clients. The frame is the
	 * protocol's, so they dial first, and leave then.
	 */
	goodbye(arm: ArmName, { deadlineMs, windowMs }: Farewell): void {
		const frame = JSON.stringify({ type: "goodbye", reason: "drain", deadlineMs, windowMs });
		const leaving = [...this.#open].filter(([, open]) => open.arm === arm && open.user !== null);
		for (const [, { socket }] of leaving) socket.send(frame);
		const deadline = setTimeout(() => {
			this.#deadlines.delete(deadline);
			for (const [request, { socket }] of leaving)
				if (this.#open.has(request)) socket.close(OVERSTAYED, JSON.stringify({ w: windowMs }));
		}, deadlineMs);
		this.#deadlines.add(deadline);
	}

	/** No goodbye has a deadline any more. */
	end(): void {
		for (const deadline of this.#deadlines) clearTimeout(deadline);
		this.#deadlines.clear();
	}

	#opened(
		inner: RealtimeServer<IncomingMessage>,
		socket: ServerSocket,
		request: IncomingMessage,
	): ReturnType<RealtimeServer<IncomingMessage>["opened"]> {
		const link = inner.opened(socket, request);
		const { headers } = request;
		if (headers[PROBE_HEADER.toLowerCase()] !== undefined)
			return {
				message: () => socket.close(TALKING, "a probe"),
				closed: (code) => link.closed(code),
			};
		const openedAt = performance.now();
		const open: Open = {
			role: headers[NAME_HEADER.toLowerCase()] === "backup" ? "backup" : "primary",
			arm: headers[ARM_HEADER.toLowerCase()] === "new" ? "new" : "old",
			user: null,
			openedAt,
			saidAt: openedAt,
			socket,
		};
		this.#open.set(request, open);
		this.sockets[open.role] += 1;
		this.#accepted(open);
		return {
			message: (data) => {
				open.saidAt = performance.now();
				link.message(data);
			},
			closed: (code) => {
				if (this.#open.delete(request)) this.sockets[open.role] -= 1;
				link.closed(code);
			},
		};
	}
}
