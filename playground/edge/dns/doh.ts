/*
 * DNS over HTTPS: RFC 8484 and the JSON form, for pages, which have no other way to ask. Open to pages
 * of every origin, since all that is told here is public. HTTP/1.1 only; TLS if a certificate is given.
 */
import {
	createServer,
	type IncomingMessage,
	type OutgoingHttpHeaders,
	type Server,
	type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Answering } from "./answering.js";
import type { Query, Reply, ResourceRecord } from "./decide/message.js";
import { MESSAGE_TYPE, readHttp } from "./doh-request.js";
import { rcodeNumber, readQuery, TCP_BYTES, typeNumber, writeReply } from "./wire.js";

export interface DohLimits {
	/** At a time. */
	readonly maxConnections: number;
	/** Of a request's body. */
	readonly maxBodyBytes: number;
	/** From the first byte of a request to its last. */
	readonly requestMs: number;
}

export const DOH_DEFAULTS: DohLimits = {
	maxConnections: 100,
	maxBodyBytes: 4_096,
	requestMs: 10_000,
};

export interface Certificate {
	/** PEM. */
	readonly key: string;
	readonly cert: string;
}

const CORS = {
	"Access-Control-Allow-Origin": "*",
	"Access-Control-Allow-Methods": "GET, POST",
	"Access-Control-Allow-Headers": "Content-Type",
	"Access-Control-Max-Age": "86400",
};

export function dohServer(
	answering: Answering,
	limits: DohLimits,
	certificate: Certificate | null,
): Server {
	const listener = (request: IncomingMessage, response: ServerResponse): void => {
		serve(request, response, answering, limits).catch(() => response.destroy());
	};
	const timeouts = {
		headersTimeout: limits.requestMs,
		requestTimeout: limits.requestMs,
		connectionsCheckingInterval: Math.min(limits.requestMs, 1_000),
	};
	const http =
		certificate === null
			? createServer(timeouts, listener)
			: createTlsServer({ ...timeouts, ...certificate }, listener);
	http.maxConnections = limits.maxConnections;
	return http;
}

async function serve(
	request: IncomingMessage,
	response: ServerResponse,
	answering: Answering,
	{ maxBodyBytes }: DohLimits,
): Promise<void> {
	const { method = "", url = "" } = request;
	if (method === "OPTIONS") return end(response, 204, {}, "");
	const body = await readBody(request, maxBodyBytes);
	if (body === null) return end(response, 413, { Connection: "close" }, "Too long a question.");
	const contentType = request.headers["content-type"] ?? "";
	const read = readHttp({ method, url, contentType, body });
	if (read.is === "refused") return refuse(response, read.status, read.why);
	const source = request.socket.remoteAddress ?? "";
	const asked = readQuery(read.message);
	if (asked.is === "silence") return refuse(response, 400, "That is no question in DNS.");
	if (asked.is === "failure")
		return end(response, 200, { "Content-Type": MESSAGE_TYPE }, asked.reply);
	answering.decide(asked.query, source, "doh", (reply) => {
		const headers = { "Cache-Control": freshness(reply) };
		if (read.is === "json") return endJson(response, headers, asked.query, reply);
		const message = writeReply(asked.query, reply, TCP_BYTES);
		end(response, 200, { ...headers, "Content-Type": MESSAGE_TYPE }, message);
	});
}

/** Null for one that is too long. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | null> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length > maxBytes) return null;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/** RFC 8484, section 5.1: no longer than the shortest TTL. */
function freshness({ rcode, answers, authorities }: Reply): string {
	if (rcode !== "NOERROR" && rcode !== "NXDOMAIN") return "no-store";
	const ttls = [...answers, ...authorities].map(({ ttl }) => ttl);
	return ttls.length === 0 ? "no-store" : `max-age=${Math.min(...ttls)}`;
}

function endJson(
	response: ServerResponse,
	headers: OutgoingHttpHeaders,
	{ name, type, isRecursionDesired }: Query,
	{ rcode, answers, authorities }: Reply,
): void {
	const flags = { TC: false, RD: isRecursionDesired, RA: false, AD: false, CD: false };
	const json = {
		Status: rcodeNumber(rcode),
		...flags,
		Question: [{ name, type: typeNumber(type) }],
		...(answers.length > 0 && { Answer: answers.map(toJson) }),
		...(authorities.length > 0 && { Authority: authorities.map(toJson) }),
	};
	end(response, 200, { ...headers, "Content-Type": "application/dns-json" }, JSON.stringify(json));
}

function toJson({ name, type, ttl, data }: ResourceRecord): object {
	const text =
		typeof data === "string"
			? data
			: `${data.mname}. ${data.rname}. ${data.serial} ${data.refresh} ${data.retry} ${data.expire} ${data.minimum}`;
	return { name, type: typeNumber(type), TTL: ttl, data: text };
}

function refuse(response: ServerResponse, status: number, why: string): void {
	const allow = status === 405 ? { Allow: "GET, POST" } : {};
	end(response, status, { ...allow, "Content-Type": "text/plain; charset=utf-8" }, why);
}

function end(
	response: ServerResponse,
	status: number,
	headers: OutgoingHttpHeaders,
	body: string | Uint8Array,
): void {
	// A late answer may find nobody.
	if (response.destroyed) return;
	const all = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", ...CORS };
	response.writeHead(status, { ...all, ...headers }).end(body);
}
