/*
 * An HTTP request to a question, pure. Two forms at /dns-query:
 *
 *   RFC 8484   GET ?dns=<base64url>, or POST of application/dns-message
 *   JSON       GET ?name=…&type=A&edns_client_subnet=192.0.2.0/24, as the public resolvers have it
 */
import { payloadOf } from "./decide/client-subnet.js";
import { parsePrefix } from "./decide/prefix.js";
import { typeNumber, writeQuery } from "./wire.js";

export interface HttpQuestion {
	readonly method: string;
	/** Path and query. */
	readonly url: string;
	readonly contentType: string;
	readonly body: Uint8Array;
}

export type ReadHttp =
	| { readonly is: "refused"; readonly status: number; readonly why: string }
	| { readonly is: "wire" | "json"; readonly message: Uint8Array };

export const MESSAGE_TYPE = "application/dns-message";
export const DOH_PATH = "/dns-query";

export function readHttp({ method, url, contentType, body }: HttpQuestion): ReadHttp {
	const at = URL.canParse(url, "http://dns") ? new URL(url, "http://dns") : null;
	if (at?.pathname !== DOH_PATH) return refused(404, `There is ${DOH_PATH}, and nothing else.`);
	if (method === "POST") {
		const [type = ""] = contentType.split(";");
		if (type.trim().toLowerCase() === MESSAGE_TYPE) return { is: "wire", message: body };
		return refused(415, `A question is of type ${MESSAGE_TYPE}.`);
	}
	if (method !== "GET") return refused(405, "Use GET or POST.");
	const dns = at.searchParams.get("dns");
	if (dns === null) return readJson(at.searchParams);
	if (!/^[\w-]+$/.test(dns)) return refused(400, "The parameter dns is no base64url.");
	return { is: "wire", message: Buffer.from(dns, "base64url") };
}

function readJson(parameters: URLSearchParams): ReadHttp {
	const name = parameters.get("name");
	if (name === null || !isName(name)) return refused(400, "The parameter name is no name.");
	const type = typeOf(parameters.get("type") ?? "A");
	if (type === null) return refused(400, "The parameter type is no type of record.");
	const subnet = parameters.get("edns_client_subnet");
	try {
		const payload = subnet === null ? null : payloadOf(parsePrefix(subnet));
		return { is: "json", message: writeQuery(name, type, payload) };
	} catch {
		return refused(400, "The parameter edns_client_subnet is no block of addresses.");
	}
}

function isName(name: string): boolean {
	const labels = name.replace(/\.$/, "").split(".");
	return name.length <= 253 && labels.every((label) => /^[\w*-]{1,63}$/.test(label));
}

/** By number or by name. */
function typeOf(text: string): string | null {
	if (/^\d{1,5}$/.test(text)) return Number(text) < 65_536 ? `UNKNOWN_${Number(text)}` : null;
	const type = text.toUpperCase();
	return /^[A-Z]\w{0,9}$/.test(type) && typeNumber(type) !== 0 ? type : null;
}

function refused(status: number, why: string): ReadHttp {
	return { is: "refused", status, why };
}
