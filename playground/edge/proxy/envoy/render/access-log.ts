/*
 * What is logged of a request: an allow-list. Left out on purpose: addresses of clients, X-Forwarded-For,
 * User-Agent, Referer, Authorization, Cookie, and the query, in which tickets travel.
 */
import type { Json } from "./typed.js";

export const ACCESS_LOG: Json = {
	time: "%START_TIME%",
	event: "%ACCESS_LOG_TYPE%",
	stream: "%STREAM_ID%",
	method: "%REQ(:METHOD)%",
	host: "%REQ(:AUTHORITY)%",
	path: "%PATH(NQ:PATH)%",
	route: "%ROUTE_NAME%",
	code: "%RESPONSE_CODE%",
	// UC also after a clean close by the server, 1000: not an error by itself.
	flags: "%RESPONSE_FLAGS%",
	detail: "%RESPONSE_CODE_DETAILS%",
	upstream: "%UPSTREAM_HOST%",
	upstreamError: "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
	bytesIn: "%BYTES_RECEIVED%",
	bytesOut: "%BYTES_SENT%",
	ms: "%DURATION%",
	handshakeMs: "%RESPONSE_DURATION%",
};
