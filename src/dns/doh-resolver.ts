import { familyOf } from "../endpoint/answer-checks.js";
import type { DnsAnswer } from "../endpoint/dns-answer.js";
import { isRealtimeError, RealtimeError } from "../errors/realtime-error.js";
import { systemClock } from "../runtime/clock.js";
import { withDeadline } from "../runtime/deadline.js";
import type { DnsResolver } from "../runtime/runtime.js";
import { decodeAnswer, encodeQuestion, type Question, type Subnet } from "./doh-message.js";

/** What `dohResolver` takes. */
export interface DohResolverOptions {
	/** The resolver's `https:` URL, such as `https://dns.example/dns-query`; `http:` on loopback only. */
	readonly url: string;
	/**
	 * A network that the answer is to suit, instead of where the resolver sees us (RFC 7871):
	 * "192.0.2.0/24". The prefix in whole bytes; "0.0.0.0/0" asks resolvers to pass no network on.
	 * @default none
	 */
	readonly clientSubnet?: string;
	/** @default the platform's fetch */
	readonly fetch?: typeof fetch;
}

interface Doh {
	readonly url: string;
	readonly subnet: Subnet | null;
	readonly fetch: typeof fetch;
}

const TYPE = "application/dns-message";
/** The most that a DNS message can be. */
const MOST_BYTES = 65_535;
const TIMEOUT_MS = 3_000;

/**
 * DNS over HTTPS (RFC 8484), in wire format over `fetch`: for browsers, where nothing else shows a TTL,
 * and for Node behind a firewall that swallows DNS. Cookies stay at home, a redirect is a failure.
 *
 * @throws RealtimeError `invalid-option` where the URL or the subnet makes no sense.
 */
export function dohResolver(options: DohResolverOptions): DnsResolver {
	const { url, clientSubnet, fetch: ask = (...request) => globalThis.fetch(...request) } = options;
	const subnet = clientSubnet === undefined ? null : parseSubnet(clientSubnet);
	const doh: Doh = { url: checkUrl(url), subnet, fetch: ask };
	return {
		async resolve(hostname, { signal }) {
			signal.throwIfAborted();
			checkName(hostname);
			const families = await Promise.allSettled(
				(["A", "AAAA"] as const).map((type) =>
					query(doh, { name: hostname, type, subnet }, signal),
				),
			);
			signal.throwIfAborted();
			const found = families.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
			if (found.length > 0) return found;
			throw worst(families.map((each) => (each.status === "rejected" ? each.reason : null)));
		},
	};
}

/** A failure is tried again sooner than what the zone has said: one that lacks a TTL speaks for both. */
function worst(reasons: readonly unknown[]): RealtimeError {
	const errors = reasons.map((reason) => RealtimeError.from(reason, "dns-unavailable"));
	const [first] = errors.sort((a, b) => (a.retryAfterMs ?? -1) - (b.retryAfterMs ?? -1));
	return first ?? new RealtimeError("dns-unavailable", "no address");
}

function query(doh: Doh, question: Question, signal: AbortSignal): Promise<readonly DnsAnswer[]> {
	const work = async (signal: AbortSignal): Promise<readonly DnsAnswer[]> => {
		try {
			const response = await doh.fetch(urlOf(doh, question), {
				headers: { accept: TYPE },
				signal,
				redirect: "error",
				credentials: "omit",
				cache: "no-store",
			});
			const answers = decodeAnswer(await read(response), question);
			const ageMs = Math.max(Number(response.headers.get("age")) || 0, 0) * 1_000;
			return answers.map((each) => ({ ...each, ttlMs: Math.max(each.ttlMs - ageMs, 0) }));
		} catch (reason) {
			if (isRealtimeError(reason)) throw reason;
			const { name } = Object(reason) as Error;
			throw new RealtimeError("dns-unavailable", `DNS over HTTPS: ${name}`, { cause: reason });
		}
	};
	return withDeadline(work, { clock: systemClock, ms: TIMEOUT_MS, label: "doh", signal });
}

/** A GET without headers of its own needs no preflight, and caches on the way may know the answer. */
function urlOf({ url }: Doh, question: Question): string {
	const text = btoa(String.fromCharCode(...encodeQuestion(question)));
	const dns = text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
	return `${url}${url.includes("?") ? "&" : "?"}dns=${dns}`;
}

async function read(response: Response): Promise<Uint8Array> {
	const { status, headers } = response;
	if (status !== 200) throw new RealtimeError("dns-unavailable", `DNS over HTTPS: HTTP ${status}`);
	if (headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() !== TYPE)
		throw new RealtimeError("dns-unavailable", "DNS over HTTPS: no DNS message: a captive portal?");
	const reader = response.body?.getReader();
	if (!reader) return bounded(new Uint8Array(await response.arrayBuffer()));
	let bytes = new Uint8Array(0);
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return bytes;
		const next = new Uint8Array(bytes.length + value.length);
		next.set(bytes);
		next.set(value, bytes.length);
		bytes = bounded(next);
	}
}

function bounded<B extends Uint8Array>(bytes: B): B {
	if (bytes.length <= MOST_BYTES) return bytes;
	throw new RealtimeError("dns-unavailable", "DNS over HTTPS: oversized answer");
}

function checkUrl(url: unknown): string {
	const parsed = tryUrl(url);
	const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(parsed?.hostname ?? "");
	const isFit = parsed?.protocol === "https:" || (parsed?.protocol === "http:" && isLoopback);
	if (!isFit || parsed?.hash || parsed?.username)
		throw invalid(`url: ${String(url)} is no https: URL without credentials and fragment`);
	return url as string;
}

function tryUrl(url: unknown): URL | null {
	try {
		return new URL(url as string);
	} catch {
		return null;
	}
}

/** RFC 7871, 6: what lies beyond the prefix is zero, which whole bytes that are not sent are. */
function parseSubnet(text: string): Subnet {
	const [ip = "", length = "", ...rest] = String(text).split("/");
	const family = familyOf(ip);
	const prefix = /^\d{1,3}$/.test(length) ? Number(length) : -1;
	const most = family === 4 ? 32 : 128;
	if (family === 0 || rest.length > 0 || prefix < 0 || prefix > most || prefix % 8 !== 0)
		throw invalid(`clientSubnet: ${text} is no address with a prefix in whole bytes`);
	return { ip, prefix };
}

/** RFC 1035, 2.3.4; the encoder does not look. */
function checkName(hostname: string): void {
	const labels = hostname.replace(/\.$/, "").split(".");
	const isFit =
		hostname.length <= 254 && labels.every((label) => /^[\x21-\x7e]{1,63}$/.test(label));
	if (!isFit) throw new RealtimeError("dns-unavailable", `${hostname} is no hostname`);
}

function invalid(message: string): RealtimeError {
	return new RealtimeError("invalid-option", `dohResolver: ${message}.`);
}
