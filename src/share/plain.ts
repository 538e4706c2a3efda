/* What the leading tab shows, as records that a channel carries, and back. */
import type { ConnectionState } from "../connection/projection.js";
import { type ErrorCode, RealtimeError } from "../errors/realtime-error.js";
import type { LeaderView, PlainConnection, PlainError, PlainMode } from "./contract.js";

type Plain = Pick<LeaderView, "connection" | "mode">;

export function toPlain(connection: ConnectionState, mode: PlainMode): Plain {
	if (!("cause" in connection)) return { connection, mode };
	const cause = toPlainError(connection.cause);
	return { connection: { ...connection, cause } as PlainConnection, mode };
}

/** Neither its stack nor what lies underneath: those may quote anything. */
export function toPlainError({ code, message, retryable }: RealtimeError): PlainError {
	return { code, message: message.slice(0, 1_000), retryable };
}

export function fromPlain(state: PlainConnection): ConnectionState {
	if (!("cause" in state)) return state;
	return { ...state, cause: fromPlainError(state.cause) };
}

export function fromPlainError({ code, message, retryable }: PlainError): RealtimeError {
	return new RealtimeError(code as ErrorCode, message, { retryable });
}
