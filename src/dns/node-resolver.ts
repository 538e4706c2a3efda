import { CONNREFUSED, lookup, NODATA, NOTFOUND, Resolver } from "node:dns";
import { promisify } from "node:util";
import { familyOf } from "../endpoint/answer-checks.js";
import type { DnsAnswer } from "../endpoint/dns-answer.js";
import { RealtimeError } from "../errors/realtime-error.js";
import type { DnsResolver } from "../runtime/runtime.js";
import type { NodeResolverOptions } from "./contract.js";

interface RecordWithTtl {
	readonly address: string;
	/** Seconds. */
	readonly ttl: number;
}

const TIMEOUT_MS = 500;
const TRIES = 2;
/** RFC 8305, 3: how long the first family waits for the other. */
const OTHER_FAMILY_MS = 50;
/** c-ares keeps the zone's own negative TTL to itself. */
const NEGATIVE_MS = 30_000;
/** What the system says has no TTL. */
const SYSTEM_TTL_MS = 60_000;
/** An address that stands for itself. */
const LITERAL_TTL_MS = 3_600_000;
/** There is no such name, as far as DNS knows; hosts files and search paths may know better. */
const NEGATIVE: ReadonlySet<unknown> = new Set([NOTFOUND, NODATA]);

export function nodeResolver(options: NodeResolverOptions = {}): DnsResolver {
	const { servers, timeoutMs: timeout = TIMEOUT_MS, tries = TRIES } = options;
	if (!(timeout > 0) || !(tries >= 1)) throw invalid("timeoutMs and tries must be positive");
	const isOwn = servers !== undefined;
	if (isOwn) create({ timeout, tries }, servers);
	return {
		async resolve(hostname, { signal }) {
			signal.throwIfAborted();
			const family = familyOf(hostname);
			if (family !== 0) return [{ address: hostname, family, ttlMs: LITERAL_TTL_MS }];
			if (/(^|\.)localhost\.?$/i.test(hostname)) return lookUp(hostname);
			const resolver = create({ timeout, tries }, servers);
			const cancel = (): void => resolver.cancel();
			signal.addEventListener("abort", cancel);
			try {
				return await askBoth(resolver, hostname);
			} catch (reason) {
				const isNegative = NEGATIVE.has((reason as NodeJS.ErrnoException).code);
				const isNobodyThere = (reason as NodeJS.ErrnoException).code === CONNREFUSED;
				if ((isNegative || isNobodyThere) && !isOwn) return await lookUp(hostname);
				throw unavailable(hostname, reason, isNegative);
			} finally {
				signal.removeEventListener("abort", cancel);
				// The family that nobody waits for any more.
				resolver.cancel();
			}
		},
	};
}

function create(
	options: { readonly timeout: number; readonly tries: number },
	servers?: readonly string[],
): Resolver {
	const resolver = new Resolver(options);
	try {
		if (servers !== undefined) resolver.setServers(servers);
	} catch (reason) {
		throw invalid(`servers: ${(reason as Error).message}`);
	}
	return resolver;
}

/** Whichever family answers first waits a little for the other; it does not wait for one that is silent. */
async function askBoth(resolver: Resolver, hostname: string): Promise<readonly DnsAnswer[]> {
	const v4 = ask(resolver, "resolve4", hostname);
	const v6 = ask(resolver, "resolve6", hostname);
	await Promise.any([v4, v6]).catch(() => v4);
	let timer: ReturnType<typeof setTimeout> | undefined;
	const patience = new Promise<readonly DnsAnswer[]>((resolve) => {
		timer = setTimeout(resolve, OTHER_FAMILY_MS, []);
	});
	const families = await Promise.all(
		[v4, v6].map((family) => Promise.race([family.catch(() => []), patience])),
	);
	clearTimeout(timer);
	const all = families.flat();
	if (all.length > 0) return all;
	// Aliases that lead nowhere are no error to c-ares.
	throw Object.assign(new Error(NODATA), { code: NODATA });
}

async function ask(
	resolver: Resolver,
	method: "resolve4" | "resolve6",
	hostname: string,
): Promise<readonly DnsAnswer[]> {
	const records = await new Promise<readonly RecordWithTtl[]>((resolve, reject) => {
		resolver[method](hostname, { ttl: true }, (error, found) =>
			error ? reject(error) : resolve(found),
		);
	});
	const family = method === "resolve4" ? 4 : 6;
	return records.map(({ address, ttl }) => ({ address, family, ttlMs: ttl * 1_000 }));
}

async function lookUp(hostname: string): Promise<readonly DnsAnswer[]> {
	try {
		const found = await promisify(lookup)(hostname, { all: true });
		return found.map(({ address, family }) => ({
			address,
			family: family === 6 ? 6 : 4,
			ttlMs: SYSTEM_TTL_MS,
		}));
	} catch (reason) {
		throw unavailable(hostname, reason, NEGATIVE.has((reason as NodeJS.ErrnoException).code));
	}
}

/** A failure that is none of the name's own is asked about again sooner. */
function unavailable(hostname: string, cause: unknown, negative: unknown): RealtimeError {
	const { code = "failed" } = cause as NodeJS.ErrnoException;
	const held = negative ? { retryAfterMs: NEGATIVE_MS } : {};
	return new RealtimeError("dns-unavailable", `${hostname}: ${code}`, { cause, ...held });
}

function invalid(message: string): RealtimeError {
	return new RealtimeError("invalid-option", `nodeResolver: ${message}.`);
}
