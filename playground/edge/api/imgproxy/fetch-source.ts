/*
 * Fetches a stranger's picture, and nothing of ours. Server-side request forgery, step by step:
 *
 *    link ─▶ scheme, login, port ─▶ its addresses, once ─▶ all of them public? ─▶ connect to one of these
 *     ▲                                                                                    │
 *     ╰──────────────────────────── a redirect, at most three ◀────────────────────────────╯
 *
 * The name is not asked again: between a check and a second look-up its owner could change it.
 */
import { lookup } from "node:dns/promises";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIP } from "node:net";
import { isPublicAddress } from "./public-address.js";
import { type Read, readSource, wrong } from "./question.js";

/** Where it may go. Tests on loopback have another one. */
export interface Gate {
	readonly resolve: (host: string) => Promise<readonly string[]>;
	readonly allowsAddress: (address: string) => boolean;
	readonly allowsPort: (port: number) => boolean;
	/** Who may sign certificates: PEM. @default the system's list */
	readonly authority?: string;
}

export interface FetchLimits {
	readonly bytes: number;
	/** For all of it, redirects too. */
	readonly ms: number;
	readonly redirects: number;
}

export const PUBLIC_GATE: Gate = {
	resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
	allowsAddress: isPublicAddress,
	allowsPort: (port) => port === 80 || port === 443,
};

export const FETCH_LIMITS: FetchLimits = { bytes: 10 * 1024 * 1024, ms: 8_000, redirects: 3 };

const TOO_LATE = wrong(504, "It took too long.");

/** Of the picture's server. */
type Answer = Read<Buffer> | { readonly is: "moved"; readonly to: string };

export async function fetchSource(
	source: URL,
	gate: Gate = PUBLIC_GATE,
	limits: FetchLimits = FETCH_LIMITS,
): Promise<Read<Buffer>> {
	const signal = AbortSignal.timeout(limits.ms);
	let url = source;
	for (let hop = 0; hop <= limits.redirects; hop += 1) {
		const address = await checkedAddress(url, gate, signal);
		if (address.is === "wrong") return address;
		const answer = await ask(url, address.value, gate, limits.bytes, signal);
		if (answer.is !== "moved") return answer;
		const next = readSource(answer.to, url);
		if (next.is === "wrong") return wrong(502, `A redirect: ${next.why}`);
		url = next.value;
	}
	return wrong(502, `There are more than ${limits.redirects} redirects.`);
}

async function checkedAddress(url: URL, gate: Gate, signal: AbortSignal): Promise<Read<string>> {
	if (!gate.allowsPort(portOf(url))) return wrong(403, `Port ${portOf(url)} is not for pictures.`);
	const host = hostOf(url);
	const addresses = isIP(host) ? [host] : await resolved(host, gate, signal);
	const [first] = addresses;
	if (signal.aborted) return TOO_LATE;
	if (first === undefined) return wrong(502, `${host} was not found.`);
	// One that is ours among others is no accident.
	if (!addresses.every((address) => gate.allowsAddress(address)))
		return wrong(403, `${host} is not on the public internet.`);
	return { is: "read", value: first };
}

/** The system's look-up can't be stopped, but it can be left alone. */
function resolved(host: string, gate: Gate, signal: AbortSignal): Promise<readonly string[]> {
	const gaveUp = new Promise<readonly string[]>((resolve) => {
		signal.addEventListener("abort", () => resolve([]), { once: true });
	});
	return Promise.race([gate.resolve(host).catch(() => []), gaveUp]);
}

function ask(
	url: URL,
	address: string,
	{ authority }: Gate,
	maxBytes: number,
	signal: AbortSignal,
): Promise<Answer> {
	const host = hostOf(url);
	const send = url.protocol === "https:" ? tlsRequest : plainRequest;
	const outgoing = send({
		host: address,
		port: portOf(url),
		path: url.pathname + url.search,
		// What is checked of a certificate is the link's name, not the address.
		servername: isIP(host) ? "" : host,
		...(authority === undefined ? {} : { ca: authority }),
		headers: {
			Host: url.host,
			Accept: "image/webp,image/png,image/jpeg,image/gif",
			"Accept-Encoding": "identity",
			"User-Agent": "Imgproxy",
		},
		agent: false,
		signal,
	});
	return new Promise((resolve) => {
		const fail = (): void => {
			outgoing.destroy();
			resolve(signal.aborted ? TOO_LATE : wrong(502, "It was cut off."));
		};
		outgoing.on("error", fail);
		outgoing.on("response", (incoming) => {
			incoming.on("error", fail);
			void read(incoming, maxBytes).then((answer) => {
				// Nothing of an answer that is refused is read to its end.
				outgoing.destroy();
				resolve(answer);
			}, fail);
		});
		outgoing.end();
	});
}

async function read(incoming: IncomingMessage, maxBytes: number): Promise<Answer> {
	const { statusCode = 0, headers } = incoming;
	if ([301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined)
		return { is: "moved", to: headers.location };
	if (statusCode !== 200) return wrong(502, `It answered with ${statusCode}.`);
	if ((headers["content-encoding"] ?? "identity") !== "identity")
		return wrong(502, "It compressed what was not to be compressed.");
	const tooLarge = wrong(413, `It has more than ${maxBytes} bytes.`);
	if (Number(headers["content-length"] ?? 0) > maxBytes) return tooLarge;
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of incoming as AsyncIterable<Buffer>) {
		bytes += chunk.length;
		if (bytes > maxBytes) return tooLarge;
		chunks.push(chunk);
	}
	return { is: "read", value: Buffer.concat(chunks) };
}

/** Without the brackets of IPv6. Numbers in any notation are addresses by now: URL sees to it. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");
const portOf = ({ port, protocol }: URL): number =>
	port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
