/* Bytes both ways. A transport knows nothing of frames; what it tells, it tells once and in order. */
import type { Endpoint } from "../endpoint/endpoint.js";
import type { RealtimeError } from "../errors/realtime-error.js";
import type { Runtime } from "../runtime/runtime.js";

export interface Transport {
	send(data: string): void;
	/** Detaches at once: no fact follows, whatever the peer does. Node's socket is terminated soon after. */
	close(code: number, reason: string): void;
	readonly bufferedBytes: number;
}

/** Facts about one transport. `closed` comes at most once, and nothing after it. */
export interface TransportFacts {
	opened(): void;
	/** A text message; a binary one arrives as `closed` with 4400, a subprotocol that is not ours likewise. */
	received(data: string): void;
	closed(end: TransportEnd, cause?: RealtimeError): void;
}

export interface TransportEnd {
	/** 1006 where the peer vanished or the handshake failed. */
	readonly code: number;
	readonly reason: string;
	/** The handshake's HTTP status, where the platform shows it (Node). */
	readonly httpStatus?: number;
	/** From the refusal's Retry-After header, where the platform shows it (Node). */
	readonly retryAfterMs?: number;
	/** The welcome was never near: the handshake itself failed. */
	readonly opened: boolean;
}

export type OpenTransport = (
	endpoint: Endpoint,
	facts: TransportFacts,
	runtime: Runtime,
	/** For the socket's class, beside what it always gets. */
	options?: object,
) => Transport;
